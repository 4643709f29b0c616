import { expect, test } from "vitest";
import { createLogger } from "../_shared/log.ts";
import { composeWebhook } from "./compose.ts";

test("answers 503 that names the missing settings, so that LlamaParse sends the callback again", async () => {
  const lines: string[] = [];
  const app = composeWebhook(
    { waitUntil: () => {} },
    new Map(),
    createLogger("webhook", (line) => lines.push(line)),
  );
  const answer = await app.request("/webhook/llamaparse", { method: "POST" });
  expect(answer.status).toBe(503);
  expect((await answer.json()).error).toMatchObject({
    code: "not_configured",
    message: expect.stringContaining("WEBHOOK_SIGNING_SECRET"),
  });
  expect(lines[0]).toContain("WEBHOOK_SIGNING_SECRET");
});
