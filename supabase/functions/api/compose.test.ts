import { expect, test } from "vitest";
import { createLogger } from "../_shared/log.ts";
import { composeApi } from "./compose.ts";

test("the API without its settings answers 503 and names all of them", async () => {
  const lines: string[] = [];
  const app = composeApi(
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
