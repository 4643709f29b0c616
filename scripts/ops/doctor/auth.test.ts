import { resolve } from "node:path";
import { expect, test } from "vitest";
import { AUTH_GUARDS, type AuthSettings, BEYOND_CONFIG, declaredAuthSettings } from "../project/auth_settings.ts";
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

test("accepts config.toml's settings together with those that it cannot express", () => {
  expect(checkAuthGuards(guarded, "team", HOSTED)).toEqual([
    expect.objectContaining({ status: "met" }),
  ]);
});

test("reports each missing setting of a new project, with the remedy", () => {
  const [finding] = unmet(unsetAuthConfig());
  for (const { setting, holds } of AUTH_GUARDS) {
    if (holds(unsetAuthConfig()[setting])) continue;
    expect(finding.found).toContain(setting);
  }
  expect(finding.remedy).toBe(HOSTED.redeploy);
});

test.each(AUTH_GUARDS)(
  "reports $setting as unmet when it is off",
  ({ setting }) => {
    expect(unmet({ ...guarded, [setting]: null })).toHaveLength(1);
  },
);

test("reports settings that the plan lacks, without failing", () => {
  const free = { ...guarded, sessions_timebox: 0 };
  expect(unmet(free, "free")).toEqual([]);
  expect(checkAuthGuards(free, "free", HOSTED).map(({ found }) => found))
    .toContainEqual(expect.stringMatching(/sessions_timebox.*plan pro/));
  expect(unmet(free, "pro")).toHaveLength(1);
});

test("claims nothing without an access token", () => {
  expect(checkAuthGuards(undefined, "pro", HOSTED)).toEqual([
    expect.objectContaining({ status: "unknown" }),
  ]);
});
