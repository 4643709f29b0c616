import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  createUser,
  eventually,
  expireRuns,
  handbook,
  killFunction,
  llamaparse,
  messagesOf,
  openai,
  upload,
  type User,
  waitFor,
} from "./harness.ts";
import { useIdleStack } from "./hooks.ts";

/** kill -9 between a provider's effect and the commit: paid work is not paid again, and no row is doubled. */
describe(
  "killing a worker between provider call and commit",
  { retry: 0 },
  () => {
    const sql = useIdleStack();
    let user: User;
    beforeAll(async () => {
      user = await createUser();
      // So that the dead worker's lease expires within seconds.
      await sql`update pipeline_internal.stages set lease_seconds = 3`;
    });
    beforeEach(async () => {
      await llamaparse.reset();
      await openai.reset();
    });
    afterEach(async () => {
      await llamaparse.release();
      await openai.release();
    });
    afterAll(async () => {
      await expireRuns(sql);
      await sql`update pipeline_internal.stages set lease_seconds = 60`;
    });

    const pendingChunksOf = (documentId: string) =>
      sql`
      select chunk_id, embedding is not null as embedded
      from pipeline_internal.pending_chunks left join pipeline_internal.pending_vectors using (document_id, chunk_sha)
      where document_id = ${documentId} order by ord`;
    const chunksOf = (documentId: string) =>
      sql`
      select chunk_id from upload_pipeline.document_chunks
      where document_id = ${documentId} order by chunk_ord`;
    const statusesOf = async (documentId: string) =>
      (await sql`
      select status from upload_pipeline.events
      where document_id = ${documentId} and type = 'status' order by event_no`)
        .map((event) => event.status);

    it("finds the paid submission when the worker was submitting", async () => {
      await llamaparse.faults({ hold: "create" });
      const { document_id } = await upload(user);
      await eventually(
        async () => (await llamaparse.log()).held > 0,
        "a held submission",
      );
      await killFunction("worker");
      await llamaparse.release();

      await waitFor(user, document_id, ["complete"]);
      expect(await llamaparse.count("create")).toBe(1);
      const statuses = await statusesOf(document_id);
      expect(new Set(statuses).size).toBe(statuses.length);
    });

    it("stores every chunk and vector once when the worker was embedding", async () => {
      // A new user: text that was embedded for a user before is not embedded again.
      const newcomer = await createUser();
      await openai.faults({ hold: "embeddings" });
      const { document_id } = await upload(newcomer, await handbook());
      await eventually(
        async () => (await openai.log()).held > 0,
        "a held embedding",
      );
      const before = await pendingChunksOf(document_id);
      await killFunction("worker");
      await openai.release();

      await waitFor(newcomer, document_id, ["complete"]);
      const after = await chunksOf(document_id);
      expect(after.length).toBeGreaterThan(0);
      expect(after.map((chunk) => chunk.chunk_id)).toEqual(
        before.map((chunk) => chunk.chunk_id),
      );
      expect(before.some((chunk) => chunk.embedded)).toBe(false);
      expect(await pendingChunksOf(document_id)).toHaveLength(0);
      const statuses = await statusesOf(document_id);
      expect(new Set(statuses).size).toBe(statuses.length);
    });

    it("leaves no job without its message, and no message without its job", async () => {
      const [{ adrift }] = await sql`
      select count(*)::int as adrift from upload_pipeline.upload_jobs
      where finished_at is null and status <> 'awaiting_upload' and user_queued_at is null and message_id is null`;
      expect(adrift).toBe(0);
      expect(await messagesOf(sql, user)).toBe(0);
    });
  },
);
