import { resolve } from "node:path";
import postgres from "postgres";
import { afterAll, beforeAll, expect, it } from "vitest";
import { sha256Hex } from "../../functions/_shared/hash.ts";
import { call, createUser, stack, type User } from "./harness.ts";

const SCRIPTS = resolve(import.meta.dirname!, "../../../scripts/dev/original");
// One connection, since the import is one transaction.
const sql = postgres(stack.databaseUrl, { max: 1, onnotice: () => {} });

let user: User;

const COMPLETE = crypto.randomUUID();
const UNFINISHED = crypto.randomUUID();
const FAILED = crypto.randomUUID();
const ORPHAN = crypto.randomUUID();
const JOBS = Object.fromEntries(
  [COMPLETE, UNFINISHED, FAILED].map((id) => [id, crypto.randomUUID()]),
);
const CHUNKS = [crypto.randomUUID(), crypto.randomUUID()];
const EVENT = crypto.randomUUID();
const TEXT = [
  "The lighthouse keeper's rules",
  "Lamps are trimmed at dusk by the keeper",
];
/** A vector of the model's dimension and of length one. */
const VECTOR = JSON.stringify([1, ...new Array(1535).fill(0)]);

beforeAll(async () => {
  user = await createUser();
  await sql.file(`${SCRIPTS}/original_schema.sql`);
  for (
    const [id, owner, status] of [
      [COMPLETE, user.id, "complete"],
      [UNFINISHED, user.id, "parsing"],
      [FAILED, user.id, "failed_embedding"],
      [ORPHAN, crypto.randomUUID(), "complete"],
    ]
  ) {
    await sql`
      insert into original.documents (document_id, user_id, filename, mime, bytes_len, file_sha256, raw_path, processing_status)
      values (${id}, ${owner}, 'rules.pdf', 'application/pdf', 10, ${await sha256Hex(
      id,
    )}, ${`files/user/${owner}/raw/${id}.pdf`}, ${status})`;
  }
  for (
    const [id, status, state] of [
      [COMPLETE, "complete", "done"],
      [UNFINISHED, "parse_queued", "working"],
      [FAILED, "failed_embedding", "deadletter"],
    ]
  ) {
    await sql`
      insert into original.upload_jobs (job_id, document_id, status, state, retry_count, last_error)
      values (${JOBS[id]}, ${id}, ${status}, ${state}, 2, ${sql.json({ code: "RATE_LIMITED", message: "too many" })})`;
  }
  for (const [ord, id] of CHUNKS.entries()) {
    await sql`
      insert into original.document_chunks (chunk_id, document_id, chunker_name, chunker_version, chunk_ord, text, chunk_sha, embed_model, embedding)
      values (${id}, ${COMPLETE}, 'markdown-simple', '1', ${ord}, ${
      TEXT[ord]
    }, 'their own digest', 'text-embedding-3-small', ${VECTOR}::extensions.vector)`;
  }
  await sql`
    insert into original.events (event_id, job_id, document_id, type, severity, code, payload, created_at)
    values (${EVENT}, ${JOBS[COMPLETE]}, ${COMPLETE}, 'stage_done', 'info', 'EMBEDDED', ${
    sql.json({ message: "2 chunks" })
  }, '2025-01-02T03:04:05Z')`;
  await sql.file(`${SCRIPTS}/import_original.sql`);
});

afterAll(async () => {
  await sql`drop schema original cascade`;
  await sql.end();
});

const jobs = () =>
  sql`
  select document_id, job_id, status, state, retry_count, last_error ->> 'code' as code
  from upload_pipeline.upload_jobs where user_id = ${user.id}`;

it("documents, jobs, chunks and events keep their ids, and finished work stays finished", async () => {
  const rows = new Map((await jobs()).map((row) => [row.document_id, row]));
  expect(rows.get(COMPLETE)).toMatchObject({
    job_id: JOBS[COMPLETE],
    status: "complete",
    state: "done",
    retry_count: 2,
  });
  expect(rows.get(FAILED)).toMatchObject({
    job_id: JOBS[FAILED],
    status: "failed_embedding",
    state: "deadletter",
    code: "RATE_LIMITED",
  });
  const chunks = await sql`
    select chunk_id from upload_pipeline.document_chunks where document_id = ${COMPLETE} order by chunk_ord`;
  expect(chunks.map(({ chunk_id }) => chunk_id)).toEqual(CHUNKS);
  const counts = await sql<{ document_id: string; chunk_count: number }[]>`
    select document_id, chunk_count from upload_pipeline.documents where document_id in ${sql([COMPLETE, FAILED])}`;
  expect(counts.find(({ document_id }) => document_id === COMPLETE))
    .toMatchObject({ chunk_count: CHUNKS.length });
  expect(counts.find(({ document_id }) => document_id === FAILED))
    .toMatchObject({ chunk_count: 0 });
  const [event] = await sql`
    select * from upload_pipeline.events where event_id = ${EVENT}`;
  expect(event).toMatchObject({ code: "EMBEDDED", message: "2 chunks" });
  expect(event.created_at.toISOString()).toBe("2025-01-02T03:04:05.000Z");
});

it("the owner finds an imported document through the original API", async () => {
  const status = await call(`/api/documents/${COMPLETE}/status`, { user });
  expect(status.body).toMatchObject({
    filename: "rules.pdf",
    status: "complete",
  });
  const answer = await call("/api/search", {
    user,
    method: "POST",
    json: { query: "lamps trimmed at dusk", mode: "text" },
  });
  const { results } = answer.body;
  expect(results[0]).toMatchObject({
    document_id: COMPLETE,
    chunk_id: CHUNKS[1],
  });
});

it("unfinished jobs wait to be redriven, all of them with one call", async () => {
  const rows = await jobs();
  expect(rows.find(({ document_id }) => document_id === UNFINISHED))
    .toMatchObject({
      job_id: JOBS[UNFINISHED],
      status: "failed_parse",
      state: "deadletter",
      code: "MIGRATED",
    });
  const found = await sql`
    select * from pipeline_internal.redrive_all(p_code => 'MIGRATED')`;
  expect(JSON.stringify(found)).toMatch(/1/);
});

it("rows that cannot be imported are listed with a reason, and files with their copy commands", async () => {
  expect(await sql`select document_id, reason from original.left_behind`)
    .toEqual([{ document_id: ORPHAN, reason: expect.stringMatching(/owner/) }]);
  const copies = (ids: string[]) =>
    ids.map((id) => ({
      from_path: `user/${user.id}/raw/${id}.pdf`,
      to_path: `user/${user.id}/original/${id}.pdf`,
    }));
  const listed = () => sql`select from_path, to_path from original.files_to_copy order by from_path`;
  expect(await listed()).toEqual(
    copies([COMPLETE, UNFINISHED, FAILED].sort()),
  );
  await sql`update original.documents set raw_path = 'files/old/a.docx' where document_id = ${FAILED}`;
  expect(await listed()).toEqual([
    {
      from_path: "old/a.docx",
      to_path: `user/${user.id}/original/${FAILED}.docx`,
    },
    ...copies([COMPLETE, UNFINISHED].sort()),
  ]);
});

it("importing again changes nothing", async () => {
  const before = await jobs();
  await sql.file(`${SCRIPTS}/import_original.sql`);
  expect(await jobs()).toEqual(before);
});
