import { describe, expect, test } from "vitest";
import { ConfigError, readConfig } from "./config.ts";
import { checkEnvironment, checkWebhookUrl, ENVIRONMENT_SETTINGS } from "./environment.ts";

type Values = Record<string, string>;
const envOf = (values: Values) => new Map(Object.entries(values));

describe("the mode of a deployment", () => {
  const check = (service: "api" | "webhook" | "worker", values: Values) => () =>
    checkEnvironment(
      service,
      readConfig(ENVIRONMENT_SETTINGS, envOf(values)),
    );

  test.each(["all", "api", "API", "API_ONLY", "PRODUCTION"])(
    "%s serves the API",
    (mode) => {
      expect(check("api", { SERVICE_MODE: mode })).not.toThrow();
    },
  );

  test("serves everything without a mode", () => {
    expect(check("worker", {})).not.toThrow();
  });

  test.each(["worker", "webhook", "WORKER_ONLY"])(
    "%s does not serve the API",
    (mode) => {
      expect(check("api", { SERVICE_MODE: mode })).toThrow(ConfigError);
      expect(check("api", { SERVICE_MODE: mode })).toThrow(/SERVICE_MODE/);
    },
  );

  test("refuses an unknown mode by name", () => {
    expect(check("api", { SERVICE_MODE: "mock" })).toThrow(
      /SERVICE_MODE must be all, api, webhook or worker/,
    );
  });

  test("refuses the files of another environment", () => {
    const values = { UPLOAD_PIPELINE_ENVIRONMENT: "staging" };
    expect(check("api", values)).not.toThrow();
    expect(
      check("api", {
        ...values,
        UPLOAD_PIPELINE_STORAGE_ENVIRONMENT: "staging",
      }),
    ).not.toThrow();
    expect(
      check("api", {
        ...values,
        UPLOAD_PIPELINE_STORAGE_ENVIRONMENT: "production",
      }),
    ).toThrow(/UPLOAD_PIPELINE_STORAGE_ENVIRONMENT is production/);
    expect(
      check("api", { UPLOAD_PIPELINE_STORAGE_ENVIRONMENT: "development" }),
    ).toThrow(ConfigError);
  });
});

describe("the webhook's URL", () => {
  const check = (webhookUrl: string | null, values: Values = {}) => () =>
    checkWebhookUrl(
      readConfig(
        [
          "SUPABASE_URL",
          "UPLOAD_PIPELINE_ENVIRONMENT",
          "WEBHOOK_URL",
          "WEBHOOK_ALLOWED_HOSTS",
        ],
        envOf({
          SUPABASE_URL: "https://abc.supabase.co",
          ...webhookUrl && { WEBHOOK_URL: webhookUrl },
          ...values,
        }),
      ),
    );

  test("may be omitted, or be the project's own", () => {
    expect(check(null)).not.toThrow();
    expect(check("https://ABC.supabase.co/functions/v1/webhook/llamaparse"))
      .not.toThrow();
  });

  test.each([
    "https://staging.supabase.co/functions/v1/webhook/llamaparse",
    "https://abc.supabase.co.evil.example/webhook",
    "https://abc.supabase.co:8443/webhook",
    "http://127.0.0.1:54321/functions/v1/webhook/llamaparse",
  ])("is refused at %s", (url) => {
    expect(check(url)).toThrow(ConfigError);
    expect(check(url)).toThrow(/WEBHOOK_URL is on .* abc\.supabase\.co/);
    expect(check(url, { UPLOAD_PIPELINE_ENVIRONMENT: "staging" })).toThrow();
    expect(check(url, { UPLOAD_PIPELINE_ENVIRONMENT: "development" }))
      .not.toThrow();
  });

  test("may be on an allowed domain", () => {
    const values = {
      WEBHOOK_ALLOWED_HOSTS: "files.example.com, API.example.com",
    };
    expect(check("https://api.example.com/webhook", values)).not.toThrow();
    expect(check("https://other.example.com/webhook", values)).toThrow();
  });
});

describe("the allowed origins", () => {
  const read = (value?: string) =>
    readConfig(
      ["CORS_ORIGINS"],
      envOf(value === undefined ? {} : { CORS_ORIGINS: value }),
    ).CORS_ORIGINS;

  test("are all of them by default", () => expect(read()).toEqual(["*"]));

  test("are those of the list", () => {
    expect(read("https://a.example, http://localhost:3000")).toEqual([
      "https://a.example",
      "http://localhost:3000",
    ]);
  });

  test.each(["https://a.example/", "a.example", "https://a.example/app", ","])(
    "%j is refused",
    (value) => expect(() => read(value)).toThrow(/CORS_ORIGINS must/),
  );
});
