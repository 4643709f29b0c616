import { parseEnv } from "node:util";
import { describe, expect, test } from "vitest";
import { functionSettings } from "../../ops/project/secrets.ts";
import { NO_KEY_NEEDED } from "../stack/providers.ts";
import { dockerSettings, providerEnvironment, settingsFile } from "./settings.ts";

const SIMULATED = {
  LLAMAPARSE_API_KEY: NO_KEY_NEEDED,
  LLAMAPARSE_API_URL: "http://host.docker.internal:54341",
  OPENAI_API_KEY: NO_KEY_NEEDED,
  OPENAI_API_URL: "http://host.docker.internal:54342/v1",
};

test("makes each secret once", () => {
  const first = dockerSettings(SIMULATED, {});
  const again = dockerSettings(SIMULATED, parseEnv(settingsFile(first)) as never);
  expect(again).toEqual(first);
});

test("makes settings that the functions accept, with simulators too", () => {
  const { UPLOAD_PIPELINE_ENVIRONMENT: _, ...functions } = dockerSettings(SIMULATED, {});
  expect(() =>
    functionSettings({
      name: "docker",
      projectRef: "d".repeat(20),
      environment: "development",
      url: "http://127.0.0.1:54321",
      siteUrl: "http://127.0.0.1:3000",
      confirmEmails: false,
      plan: "free",
      dataApi: true,
      oauth: {},
      redirectUrls: [],
      operatorMfa: false,
      enforceSsl: true,
      settings: {},
    }, { functions })
  ).not.toThrow();
});

describe("the providers", () => {
  test("are those of the shell, or of an earlier start, without other variables", () => {
    const before = { OPENAI_API_KEY: "sk-1", OPENAI_API_URL: "https://one.example", LLAMAPARSE_TIER: "agentic" };
    expect(providerEnvironment({ HOME: "/x", LLAMAPARSE_API_KEY: "llx-1" }, before))
      .toEqual({ ...before, LLAMAPARSE_API_KEY: "llx-1" });
    expect(providerEnvironment({ OPENAI_API_KEY: "sk-2", OPENAI_API_URL: "https://two.example" }, before))
      .toMatchObject({ OPENAI_API_KEY: "sk-2", OPENAI_API_URL: "https://two.example" });
  });

  test("are not the simulators of an earlier start", () => {
    expect(providerEnvironment({}, SIMULATED)).toEqual({});
    expect(providerEnvironment({ OPENAI_API_KEY: "sk-1" }, SIMULATED)).toEqual({ OPENAI_API_KEY: "sk-1" });
  });
});
