import { expect, test } from "vitest";
import { createLogger } from "../_shared/log.ts";
import { composeApi } from "./compose.ts";

test("answers 503 that names all missing settings", async () => {
  const lines: string[] = [];
  const app = composeApi(
    { waitUntil: () => {} },
    new Map([["SUPABASE_ANON_KEY", "short"]]),
    createLogger("api", (line) => lines.push(line)),
  );
  const answer = await app.request("/api/health");
  expect(answer.status).toBe(503);
  const { error } = await answer.json();
  expect(error.code).toBe("not_configured");
  for (const name of ["SUPABASE_URL", "SUPABASE_ANON_KEY", "OPENAI_API_KEY"]) {
    expect(error.message).toContain(name);
    expect(lines[0]).toContain(name);
  }
});

const COMPLETE = {
  SUPABASE_URL: "https://abc.supabase.co",
  SUPABASE_ANON_KEY: "a-public-key-of-some-length",
  SUPABASE_SERVICE_ROLE_KEY: "a-secret-key-of-some-length",
  SUPABASE_DB_URL: "postgres://postgres@127.0.0.1:9/postgres",
  OPENAI_API_KEY: "sk-test",
};

function compose(env: Record<string, string>) {
  return composeApi(
    { waitUntil: () => {} },
    new Map(Object.entries({ ...COMPLETE, ...env })),
    createLogger("api", () => {}),
  );
}

test.each<Record<string, string>>([
  { SERVICE_MODE: "worker" },
  { UPLOAD_PIPELINE_STORAGE_ENVIRONMENT: "staging" },
  { CORS_ORIGINS: "app.example" },
])("answers 503 that names the setting with %j", async (env) => {
  const answer = await compose(env).request("/api/auth/user");
  expect(answer.status).toBe(503);
  const { error } = await answer.json();
  expect(error.code).toBe("not_configured");
  expect(error.message).toContain(Object.keys(env)[0]);
});

test("serves the configured origins in its own mode", async () => {
  const app = compose({
    SERVICE_MODE: "api",
    CORS_ORIGINS: "https://app.example",
  });
  const answer = await app.request("/api/auth/user", {
    headers: { origin: "https://app.example" },
  });
  expect(answer.status).toBe(401);
  expect(answer.headers.get("access-control-allow-origin")).toBe(
    "https://app.example",
  );
});
