import { expect, test } from "vitest";
import { createLogger } from "../_shared/log.ts";
import { composeWorker } from "./compose.ts";

const COMPLETE = {
  SUPABASE_URL: "https://abc.supabase.co",
  SUPABASE_SERVICE_ROLE_KEY: "a-secret-key-of-some-length",
  SUPABASE_DB_URL: "postgres://postgres@127.0.0.1:9/postgres",
  LLAMAPARSE_API_KEY: "llx-test",
  OPENAI_API_KEY: "sk-test",
  WEBHOOK_SIGNING_SECRET: "a-signing-secret-of-some-length",
  WORKER_SECRET: "a-worker-secret-of-some-length",
};

function call(env: Record<string, string>) {
  const app = composeWorker(
    { waitUntil: () => {}, shutdown: new AbortController().signal },
    new Map(Object.entries({ ...COMPLETE, ...env })),
    createLogger("worker", () => {}),
  );
  return app.request("/worker/parse", { method: "POST" });
}

test.each<Record<string, string>>([
  {
    WEBHOOK_URL: "https://staging.supabase.co/functions/v1/webhook/llamaparse",
  },
  { SERVICE_MODE: "api" },
  { UPLOAD_PIPELINE_STORAGE_ENVIRONMENT: "development" },
])("answers 503 that names the setting with %j", async (env) => {
  const answer = await call(env);
  expect(answer.status).toBe(503);
  const { error } = await answer.json();
  expect(error.code).toBe("not_configured");
  expect(error.message).toContain(Object.keys(env)[0]);
});

test("serves when callbacks go to its own project", async () => {
  const answer = await call({
    WEBHOOK_URL: "https://abc.supabase.co/functions/v1/webhook/llamaparse",
  });
  expect(answer.status).toBe(401);
});
