import { resolve } from "node:path";
import { expect, test } from "vitest";
import {
  AUTH_GUARDS,
  type AuthSettings,
  BEYOND_CONFIG,
  declaredAuthSettings,
} from "../project/auth_settings.ts";
import { unsetAuthConfig } from "../../platform/simulators/management_api/auth_config.ts";
import { checkAuthGuards } from "./auth.ts";
import { HOSTED } from "./finding.ts";

const SOURCE = resolve(import.meta.dirname!, "../../..");
const guarded: AuthSettings = {
  ...await declaredAuthSettings(SOURCE),
  ...BEYOND_CONFIG,
};

function unmet(settings: AuthSettings, plan: "free" | "pro" | "team" = "team") {
  return checkAuthGuards(settings, plan, HOSTED)
    .filter(({ status }) => status === "unmet");
}

test("what config.toml declares, with what it cannot, is enough", () => {
  expect(checkAuthGuards(guarded, "team", HOSTED)).toEqual([
    expect.objectContaining({ status: "met" }),
  ]);
});

test("a new project is told each guard that is down, and the remedy", () => {
  const [finding] = unmet(unsetAuthConfig());
  for (const { setting, holds } of AUTH_GUARDS) {
    if (holds(unsetAuthConfig()[setting])) continue;
    expect(finding.found).toContain(setting);
  }
  expect(finding.remedy).toBe(HOSTED.redeploy);
});

test.each(AUTH_GUARDS)("$setting that is off is unmet", ({ setting }) => {
  expect(unmet({ ...guarded, [setting]: null })).toHaveLength(1);
});

test("what the plan does not offer is told, and no fault", () => {
  const free = { ...guarded, sessions_timebox: 0 };
  expect(unmet(free, "free")).toEqual([]);
  expect(checkAuthGuards(free, "free", HOSTED).map(({ found }) => found))
    .toContainEqual(expect.stringMatching(/sessions_timebox.*plan pro/));
  expect(unmet(free, "pro")).toHaveLength(1);
});

test("without a token to ask with nothing is claimed", () => {
  expect(checkAuthGuards(undefined, "pro", HOSTED)).toEqual([
    expect.objectContaining({ status: "unknown" }),
  ]);
});
