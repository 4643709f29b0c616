import type postgres from "postgres";
import { describe, expect, it } from "vitest";
import { isPending, type Lease, useEngine } from "./engine_sessions.ts";

const MODEL = "model";
/** A unit vector along the first axis. */
const VECTOR = JSON.stringify(
  Array.from({ length: 1536 }, (_, at) => at === 0 ? 1 : 0),
);

/** `embed` ends by replacing active chunks with pending ones, concurrently with anything that may happen to the document. */
describe("activating a document's pending chunks", { retry: 0 }, () => {
  const { sql, stage, current, createJobs, claim, openTransaction } = useEngine();

  const rowOf = (lease: Lease) => sql`row(${stage}, ${lease.msg_id}, ${lease.read_ct})::pipeline_internal.lease`;

  /** Stores these chunks for the leased document, each with its vector. */
  async function prepare(lease: Lease, texts: string[]): Promise<void> {
    const output = {
      chunker_name: "concurrency",
      chunker_version: "1",
      embed_model: MODEL,
      chunks: texts.map((text, ord) => ({ ord, text, tokens: 1 })),
    };
    await sql`
      select pipeline_internal.keep_chunks(
        j, jsonb_populate_record(null::pipeline_internal.chunk_output, ${sql.json(output)}))
      from pipeline_internal.lock_attempts(array[${rowOf(lease)}]) j`;
    await sql`
      select pipeline_internal.store_embeddings(
        ${rowOf(lease)}, ${MODEL}, array_agg(chunk_id), array_agg(${VECTOR}::text))
      from pipeline_internal.pending_chunks n join upload_pipeline.upload_jobs j using (document_id)
      where j.stage = ${stage} and j.message_id = ${lease.msg_id}`;
  }

  /** The worker's last step. Returns whether it still held the lease. */
  async function switchOver(
    session: postgres.ISql,
    lease: Lease,
  ): Promise<boolean> {
    const [held] = await session<{ job_id: string }[]>`
      select job_id from pipeline_internal.lock_attempts(array[${rowOf(lease)}])`;
    if (!held) return false;
    const { job_id } = held;
    await session`
      select pipeline_internal.complete_embed(j) from upload_pipeline.upload_jobs j where j.job_id = ${job_id}`;
    return true;
  }

  async function documentOf(jobId: string): Promise<string> {
    const [{ document_id }] = await sql<{ document_id: string }[]>`
      select document_id from upload_pipeline.upload_jobs where job_id = ${jobId}`;
    return document_id;
  }

  async function answering(documentId: string): Promise<string[]> {
    const rows = await sql<{ text: string }[]>`
      select text from upload_pipeline.document_chunks where document_id = ${documentId} order by chunk_ord`;
    return rows.map(({ text }) => text);
  }

  async function rowsOfUser() {
    const [counts] = await sql<
      { chunks: number; next: number; vectors: number }[]
    >`
      select (select count(*)::int from upload_pipeline.document_chunks where user_id = ${current.userId}) as chunks,
             (select count(*)::int from pipeline_internal.pending_chunks where user_id = ${current.userId}) as next,
             (select count(*)::int from pipeline_internal.pending_vectors where user_id = ${current.userId}) as vectors`;
    return counts;
  }

  /** A document with the active chunk "old" and the pending chunk "new". */
  async function renewed() {
    const [jobId] = await createJobs(1);
    const [lease] = await claim(sql, 1);
    await prepare(lease, ["old one", "both", "old two"]);
    await sql.begin((tx) => switchOver(tx, lease));
    await prepare(lease, ["both", "new"]);
    return { documentId: await documentOf(jobId), lease };
  }

  it("shows other sessions the old chunks until it commits, then the new ones", async () => {
    const { documentId, lease } = await renewed();
    const gate = await openTransaction((session) => switchOver(session, lease));
    expect(await answering(documentId)).toEqual(["old one", "both", "old two"]);
    await gate.finish("commit");
    expect(await answering(documentId)).toEqual(["both", "new"]);
    expect(await rowsOfUser()).toEqual({ chunks: 2, next: 0, vectors: 0 });
  });

  it("keeps both versions when it is rolled back", async () => {
    const { documentId, lease } = await renewed();
    const gate = await openTransaction((session) => switchOver(session, lease));
    await gate.finish("rollback");
    expect(await answering(documentId)).toEqual(["old one", "both", "old two"]);
    expect(await rowsOfUser()).toEqual({ chunks: 3, next: 2, vectors: 2 });
    expect(await sql.begin((tx) => switchOver(tx, lease))).toBe(true);
    expect(await answering(documentId)).toEqual(["both", "new"]);
  });

  it("blocks the document's deletion, which then removes everything", async () => {
    const { documentId, lease } = await renewed();
    const gate = await openTransaction((session) => switchOver(session, lease));
    const deletion = sql`
      select pipeline_internal.delete_document(${current.userId}, ${documentId}) as deleted`
      .execute();
    expect(await isPending(deletion)).toBe(true);
    await gate.finish("commit");
    expect(await deletion).toEqual([{ deleted: true }]);
    expect(await rowsOfUser()).toEqual({ chunks: 0, next: 0, vectors: 0 });
  });

  it("blocks the account's deletion, which then removes everything", async () => {
    const { lease } = await renewed();
    const gate = await openTransaction((session) => switchOver(session, lease));
    const deletion = sql`delete from auth.users where id = ${current.userId}`
      .execute();
    expect(await isPending(deletion)).toBe(true);
    await gate.finish("commit");
    await deletion;
    expect(await rowsOfUser()).toEqual({ chunks: 0, next: 0, vectors: 0 });
  });

  it("waits for a running deletion, and then does nothing", async () => {
    const { documentId, lease } = await renewed();
    const gate = await openTransaction((session) =>
      session`select pipeline_internal.delete_document(${current.userId}, ${documentId})`
        .execute()
    );
    // A message that is being deleted blocks no other session: see the lock order.
    const switching = sql.begin((tx) => switchOver(tx, lease));
    await isPending(switching);
    await gate.finish("commit");
    expect(await switching).toBe(false);
    expect(await rowsOfUser()).toEqual({ chunks: 0, next: 0, vectors: 0 });
  });

  it("does not block when two documents have the same text", async () => {
    const jobIds = await createJobs(2);
    const leases = await claim(sql, 2);
    const held = jobIds.map((jobId) => leases.find((lease) => lease.job_id === jobId)!);
    for (const lease of held) await prepare(lease, ["same"]);
    const gate = await openTransaction((session) => switchOver(session, held[0]));
    expect(await sql.begin((tx) => switchOver(tx, held[1]))).toBe(true);
    await gate.finish("commit");
    for (const jobId of jobIds) {
      expect(await answering(await documentOf(jobId))).toEqual(["same"]);
    }
  });
});
