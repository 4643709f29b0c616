import { parseEnv } from "node:util";
import { expect, test } from "vitest";
import { functionSettings } from "../../ops/project/secrets.ts";
import { dockerSettings, settingsFile } from "./settings.ts";

const ENV = { LLAMAPARSE_API_KEY: "llx-1", OPENAI_API_KEY: "sk-1", HOME: "/x" };

test("passes the providers' keys on and makes each secret once", () => {
  const first = dockerSettings(ENV, {});
  expect(first).not.toHaveProperty("HOME");
  const again = dockerSettings({}, parseEnv(settingsFile(first)) as never);
  expect(again).toEqual(first);
  expect(dockerSettings({ OPENAI_API_KEY: "sk-2" }, first).OPENAI_API_KEY)
    .toBe("sk-2");
});

test("makes settings that the functions accept", () => {
  const { UPLOAD_PIPELINE_ENVIRONMENT: _, ...functions } = dockerSettings(
    ENV,
    {},
  );
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

test("names a missing key", () => {
  expect(() => dockerSettings({ OPENAI_API_KEY: "sk-1" }, {})).toThrow(
    /LLAMAPARSE_API_KEY is not set/,
  );
});
