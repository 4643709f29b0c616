import { Hono } from "hono";
import { createStorage } from "../../../../../supabase/functions/_providers/storage.ts";
import { connect } from "../../../../../supabase/functions/_shared/database.ts";
import { createApiQueries } from "../../../../../supabase/functions/api/queries.ts";
import { expectedRawPath } from "../../../../../supabase/functions/api/raw_path.ts";
import { createWebhookLedger } from "../../../../../supabase/functions/webhook/queries.ts";

const sql = connect(Deno.env.get("SUPABASE_DB_URL")!);
const queries = createApiQueries(sql);
const ledger = createWebhookLedger(sql);
const storage = createStorage({
  url: Deno.env.get("SUPABASE_URL")!,
  serviceRoleKey: Deno.env.get("SUPABASE_SERVICE_ROLE_KEY")!,
});

/**
 * The database statements and Storage requests of the API's routes, and nothing else: it authenticates no caller,
 * checks, logs and counts nothing, and sets no headers. A lower bound for these routes.
 */
const app = new Hono().basePath("/bare");

app.get("/status/:user_id/:document_id", async (c) => {
  const { user_id, document_id } = c.req.param();
  const claims = { sub: user_id, role: "authenticated" };
  const { status } = await queries.pollStatus(claims, document_id);
  return c.json(status);
});

app.post("/upload/:user_id", async (c) => {
  const userId = c.req.param("user_id");
  const { filename, mime, bytes_len, sha256 } = await c.req.json();
  const path = expectedRawPath(userId, { mime, sha256 });
  const [{ registration }, { signedUrl }] = await Promise.all([
    queries.countAndRegisterUpload({
      userId,
      filename,
      mime,
      bytesLen: bytes_len,
      sha256,
      ocr: false,
      origin: { requestId: "bare", network: null },
    }),
    storage.signUpload(path),
  ]);
  return c.json({ ...registration, signedUrl });
});

app.post("/webhook", async (c) => {
  const { event_id, event_type, data } = await c.req.json();
  const outcome = await ledger.receive({
    eventId: event_id,
    eventType: event_type,
    providerJobId: data.job_id,
    jobId: null,
    requestId: "bare",
  });
  return c.json({ outcome });
});

Deno.serve(app.fetch);
