import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LOCAL_KEYS } from "../../../scripts/platform/stack/keys.ts";
import { makePdf } from "../../../scripts/platform/simulators/llamaparse/sample_pdf.ts";
import { jobSecret } from "../../functions/_shared/signature.ts";
import {
  call,
  createUser,
  ENDED,
  eventually,
  llamaparse,
  openai,
  stack,
  upload,
  type User,
  waitFor,
  waitUntilIdle,
} from "./harness.ts";
import { useDatabase } from "./hooks.ts";
import { stacks } from "./stacks.ts";

const CANARY = "The canary of Marseille sang at nine";
const FILENAME = "canary-of-nantes.pdf";
const PASSWORD = "canary horse 7 battery";
const { llamaparse: llamaparseKey, openai: openaiKey } = stack.providerKeys;

describe("secrets and private text", () => {
  const sql = useDatabase();
  let user: User;
  let jobId: string;
  /** Every answer of the API and the Data API, except requested passages. */
  const answers: string[] = [];
  const ask = async (...args: Parameters<typeof call>) => {
    const answer = await call(...args);
    answers.push(JSON.stringify([...answer.headers, answer.body]));
    return answer;
  };

  /** Processes documents while the providers fail in every possible way. */
  beforeAll(async () => {
    await waitUntilIdle(sql);
    user = await createUser();
    const faultBody = {
      detail: `Invalid API key ${llamaparseKey}`,
      error: { message: `Incorrect API key provided: ${openaiKey}` },
      text: CANARY,
    };
    const fails = (route: string, status: number) => ({
      route,
      status,
      body: faultBody,
    });
    await llamaparse.faults({
      next_responses: [fails("create", 500)],
    });
    await openai.faults({ next_responses: [fails("embeddings", 500)] });
    const { document_id, job_id } = await upload(user, await document(), {
      filename: FILENAME,
    });
    jobId = job_id;
    await waitFor(user, document_id, ["complete"]);

    await openai.faults({ next_responses: [fails("embeddings", 401)] });
    for (const mode of ["hybrid", "text", "vector"]) {
      const { body } = await call("/api/search", {
        method: "POST",
        user,
        json: { query: CANARY, mode },
      });
      expect(JSON.stringify(body)).toContain(CANARY);
    }
    await llamaparse.faults({ next_responses: [fails("create", 400)] });
    const rejected = await upload(user, await document(), {
      filename: FILENAME,
    });
    await waitFor(user, rejected.document_id, ENDED);

    for (const id of [document_id, rejected.document_id]) {
      await ask(`/api/documents/${id}/status`, { user });
    }
    for (const path of ["/api/documents", "/api/jobs", "/api/health"]) {
      await ask(path, { user });
    }
    await ask("/api/auth/login", {
      method: "POST",
      json: { email: user.email, password: PASSWORD },
    });
    await ask("/api/auth/signup", {
      method: "POST",
      json: { email: user.email, password: PASSWORD, name: 7 },
    });
    await ask("/api/upload-document-backend", {
      method: "POST",
      user,
      json: { filename: CANARY, bytes_len: CANARY, sha256: CANARY },
    });
    await ask("/worker/parse", {
      method: "POST",
      headers: { authorization: `Bearer ${PASSWORD}` },
    });
    await ask(`/api/documents/${encodeURIComponent(CANARY)}/status`, { user });
    const { data } = await user.client.schema("upload_pipeline")
      .from("events").select();
    answers.push(JSON.stringify(data));
  });
  afterAll(async () => {
    await llamaparse.reset();
    await openai.reset();
    await sql`
      update pipeline_internal.providers
      set failure_count = 0, open_count = 0, fault = null, fault_count = 0, opened_at = null, probe_at = null, code = null, message = null`;
  });

  /** The logs so far, of this test and all earlier ones. */
  async function log(): Promise<string> {
    const mark = crypto.randomUUID();
    await call("/api/health", { headers: { "x-request-id": mark } });
    return await eventually(async () => {
      const texts = await Promise.all(
        stacks.map(({ functionsLog }) => readFile(functionsLog, "utf8")),
      );
      const text = texts.join("");
      return text.includes(mark) && text;
    }, "the log to be written");
  }

  const keys = (): Record<string, string> => ({
    "LlamaParse's key": llamaparseKey,
    "OpenAI's key": openaiKey,
    "the secret key": stack.secretKey,
    "the service role's key": stack.serviceRoleKey,
    "the secret that signs tokens": stack.jwtSecret,
    "the worker's secret": LOCAL_KEYS.workerSecret,
    "the webhook's secret": LOCAL_KEYS.webhookSigningSecret,
    "the job's webhook secret": jobSecret(
      LOCAL_KEYS.webhookSigningSecret,
      jobId,
    ),
    "a password": PASSWORD,
    "the database's address": stack.databaseUrl,
  });

  it("keep keys, secrets and passwords out of the logs", async () => {
    const text = await log();
    expect(text).toContain("OPENAI_UNAVAILABLE");
    for (const [what, key] of Object.entries(keys())) {
      expect([what, text.includes(key)]).toEqual([what, false]);
    }
    expect(text).not.toContain(user.token);
    expect(text).not.toMatch(/eyJ[\w-]+\.eyJ/);
  });

  it("keep document text, questions, file names and addresses out of the logs", async () => {
    const text = await log();
    for (const word of [CANARY, "canary", FILENAME, user.email]) {
      expect([word, text.toLowerCase().includes(word.toLowerCase())])
        .toEqual([word, false]);
    }
  });

  it("keep keys, secrets and passwords out of answers, events and user-visible rows", async () => {
    const [{ rows }] = await sql`
      select concat(
        (select string_agg(e::text, '') from upload_pipeline.events e),
        (select string_agg(j::text, '') from upload_pipeline.upload_jobs j),
        (select string_agg(d::text, '') from upload_pipeline.documents d),
        (select string_agg(p::text, '') from pipeline_internal.providers p),
        (select string_agg(d::text, '') from pipeline_internal.deliveries d)) as rows`;
    const seen = answers.join("\n") + rows;
    expect(seen).toContain(FILENAME);
    for (const [what, key] of Object.entries(keys())) {
      expect([what, seen.includes(key)]).toEqual([what, false]);
    }
  });

  it("keep document text and questions out of events, jobs, errors and stored searches", async () => {
    const [{ rows }] = await sql`
      select concat(
        (select string_agg(e::text, '') from upload_pipeline.events e),
        (select string_agg(j::text, '') from upload_pipeline.upload_jobs j),
        (select string_agg(p::text, '') from pipeline_internal.providers p),
        (select string_agg(q::text, '') from pipeline_internal.question_vectors q)) as rows`;
    expect(rows).toContain(user.id);
    expect(rows).not.toContain(CANARY);
    expect(answers.join("\n")).not.toContain(CANARY);
  });
});

/** A PDF with the canary's words, each time with different bytes. */
function document(): Promise<Uint8Array> {
  return makePdf((page) => {
    page.text(`${CANARY}. ${crypto.randomUUID()}`);
  });
}
