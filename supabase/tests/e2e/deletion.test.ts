import { afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { Random } from "../../../scripts/dev/seeded_random.ts";
import { cleanup } from "../../functions/_engine/cleanup.ts";
import { connect as connectPool } from "../../functions/_shared/database.ts";
import { createLogger } from "../../functions/_shared/log.ts";
import {
  call,
  cancelAll,
  createUser,
  eventually,
  handbook,
  llamaparse,
  newPdf,
  pause,
  register,
  stack,
  upload,
  type User,
  variant,
  waitFor,
  waitUntilIdle,
} from "./harness.ts";
import { useDatabase } from "./hooks.ts";

const sql = useDatabase();
const quiet = createLogger("test", () => {});
const nothingToCancel = {
  find: () => Promise.resolve(null),
  cancel: () => Promise.resolve(),
  forget: () => Promise.resolve(),
};
beforeAll(async () => {
  await cancelAll(sql);
  await waitUntilIdle(sql);
});
beforeEach(async () => {
  await llamaparse.reset();
});
afterEach(async () => {
  await llamaparse.release();
});

const documents = (user: User, query = "") => call(`/api/documents${query}`, { user });
const remove = (user: User, id: string) => call(`/api/documents/${id}`, { method: "DELETE", user });

/** The user's files in Storage. */
async function filesOf({ id }: User): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    select name from storage.objects where bucket_id = 'files' and name like ${`user/${id}/%`} order by name`;
  return rows.map(({ name }) => name);
}

/** The paths of the document's files, sorted. */
async function pathsOf(documentId: string): Promise<string[]> {
  const [row] = await sql<{ original_path: string; parsed_path: string }[]>`
    select original_path, parsed_path from upload_pipeline.documents where document_id = ${documentId}`;
  return [row.original_path, row.parsed_path];
}

/** Waits until every file cleanup and parse cancellation is done. */
const cleaned = () =>
  eventually(async () => {
    const [{ left }] = await sql<{ left: boolean }[]>`
      select exists (select from pipeline_internal.file_cleanups)
          or exists (select from pipeline_internal.parse_cancellations) as left`;
    return !left;
  }, "the cleanup");

/** The number of file cleanups that were ever queued. */
async function cleanupsSoFar(): Promise<number> {
  const [{ count }] = await sql<{ count: string }[]>`
    select last_value as count from pipeline_internal.file_cleanups_cleanup_no_seq`;
  return Number(count);
}

describe("DELETE /api/documents/{document_id}", () => {
  let user: User;
  beforeEach(async () => {
    user = await createUser();
  });

  it("removes the document's rows, passages and files, and no others", async () => {
    const gone = await upload(user);
    const kept = await upload(user);
    await waitFor(user, gone.document_id, ["complete"]);
    await waitFor(user, kept.document_id, ["complete"]);

    expect((await remove(user, gone.document_id)).status).toBe(204);
    for (const path of ["status", "download"]) {
      const { status } = await call(
        `/api/documents/${gone.document_id}/${path}`,
        { user },
      );
      expect(status).toBe(404);
    }
    expect((await call(`/api/jobs/${gone.job_id}`, { user })).status).toBe(404);
    expect((await remove(user, gone.document_id)).status).toBe(404);
    await cleaned();
    expect(await filesOf(user)).toEqual(await pathsOf(kept.document_id));
    const { body } = await call("/api/search", {
      method: "POST",
      user,
      json: { query: "When is the library open?", mode: "text" },
    });
    const found = body.results.map((each: { document_id: string }) => each.document_id);
    expect(new Set(found)).toEqual(new Set([kept.document_id]));
  });

  it("returns 404 for another user's document, as for an unknown one, and keeps it", async () => {
    const other = await createUser();
    const { body } = await register(other);
    const answers = await Promise.all(
      [body.document_id, crypto.randomUUID()].map((id) => remove(user, id)),
    );
    for (const { status, body: { error } } of answers) {
      expect([status, error.code]).toEqual([404, "document_not_found"]);
    }
    expect((await documents(other)).body.documents).toHaveLength(1);
  });

  it("cancels the parse and starts the next document in the user queue", async () => {
    await llamaparse.faults({ jobs: "stuck" });
    const first = await upload(user);
    const second = await upload(user);
    const third = await upload(user);
    for (const { document_id } of [first, second]) {
      await waitFor(user, document_id, ["parse_queued"]);
    }
    expect(await waitFor(user, third.document_id, ["uploaded"]))
      .toMatchObject({
        queue_position: 1,
        waiting_for: "YOUR_OTHER_DOCUMENTS",
      });
    expect((await remove(user, first.document_id)).status).toBe(204);
    await waitFor(user, third.document_id, ["parse_queued"]);
    await cleaned();
    expect(await llamaparse.count("cancel")).toBe(1);
    for (const { document_id } of [second, third]) {
      await remove(user, document_id);
    }
    await cleaned();
    expect(await llamaparse.count("cancel")).toBe(3);
    expect(await filesOf(user)).toEqual([]);
  });

  it("removes the text that a worker stores after the deletion", async () => {
    await llamaparse.faults({ hold: "get" });
    const { document_id } = await upload(user);
    await eventually(
      async () => (await llamaparse.log()).held > 0,
      "a held result",
    );
    expect((await remove(user, document_id)).status).toBe(204);
    await cleaned();
    expect(await filesOf(user)).toEqual([]);

    // The worker continues with its lease: it stores the text of a deleted document.
    const before = await cleanupsSoFar();
    await llamaparse.release();
    await eventually(
      async () => await cleanupsSoFar() > before,
      "the text that lands late",
    );
    await cleaned();
    expect(await filesOf(user)).toEqual([]);
    expect((await documents(user)).body.documents).toEqual([]);
  });

  it("finds and cancels the paid submission when the document is being submitted", async () => {
    await llamaparse.faults({ hold: "create", jobs: "stuck" });
    const { document_id } = await upload(user);
    await eventually(
      async () => (await llamaparse.log()).held > 0,
      "a held submission",
    );
    expect((await remove(user, document_id)).status).toBe(204);
    await llamaparse.release();
    const [{ waits }] = await sql`
      select due_at > clock_timestamp() + interval '1 minute' as waits from pipeline_internal.parse_cancellations`;
    expect(waits).toBe(true);
    await sql`update pipeline_internal.parse_cancellations set due_at = clock_timestamp()`;
    await cleaned();
    expect(await llamaparse.count("cancel")).toBe(1);
  });

  it("accepts the same bytes again at once, repeatedly", async () => {
    const bytes = await newPdf();
    let latest = await upload(user, bytes);
    for (let n = 0; n < 4; n++) {
      expect((await remove(user, latest.document_id)).status).toBe(204);
      const again = await upload(user, bytes);
      expect(again.document_id).toBe(latest.document_id);
      expect(again.job_id).not.toBe(latest.job_id);
      latest = again;
    }
    await waitFor(user, latest.document_id, ["complete"]);
    // One of them may have been in submission.
    await cancelAll(sql);
    await cleaned();
    expect(await filesOf(user)).toEqual(await pathsOf(latest.document_id));
  });

  it("removes bytes that are sent to the signed URL after the deletion", async () => {
    const bytes = await newPdf();
    const { body } = await register(user, bytes);
    expect((await remove(user, body.document_id)).status).toBe(204);
    const put = await fetch(body.signed_url, {
      method: "PUT",
      headers: { "content-type": "application/pdf" },
      body: bytes.slice(),
    });
    await put.body?.cancel();
    expect(put.status).toBe(200);
    await cleaned();
    await eventually(
      async () => (await filesOf(user)).length === 0,
      "the removal of the late bytes",
    );
  });
});

describe("concurrent deletions", () => {
  it("remove everything in every stage, and leave other documents unaffected", async () => {
    const users = await Promise.all([1, 2, 3].map(() => createUser()));
    const bytes = await handbook();
    const random = new Random(1);
    const ways = users.flatMap((user) =>
      [0, 1, 2, 3].map(async (n) => {
        const { document_id } = await upload(user, variant(bytes));
        if (n === 0) return { user, kept: document_id };
        await pause(random.between(0, 1_500));
        const { status, body } = await remove(user, document_id);
        expect([status, body]).toEqual([204, ""]);
        return { user };
      })
    );
    for (const { user, kept } of await Promise.all(ways)) {
      if (kept) await waitFor(user, kept, ["complete"]);
    }
    await cancelAll(sql);
    await cleaned();
    const ids = users.map(({ id }) => id);
    // A worker that held a deleted document may still be running.
    await eventually(async () => {
      const files = (await Promise.all(users.map(filesOf))).flat();
      return files.length === 2 * users.length;
    }, "two files of each document that was kept");
    const [{ jobs }] = await sql`
      select count(*)::int as jobs from upload_pipeline.upload_jobs where user_id = any(${ids}::uuid[])`;
    expect(jobs).toBe(users.length);

    // The next reader drops a message that a worker held when its document was deleted.
    await eventually(async () => {
      for (const stage of ["parse", "fetch_result", "chunk", "embed"]) {
        await sql`
          update ${sql(`pgmq.q_${stage}`)} q set vt = clock_timestamp()
          where not exists (
            select from upload_pipeline.upload_jobs j where j.job_id = (q.message ->> 'job_id')::uuid)`;
      }
      await sql`select pipeline_internal.sweep()`;
      const [{ messages }] = await sql`
        select sum(queue_length)::int as messages from pgmq.metrics_all()`;
      return messages === 0;
    }, "empty queues");
  });

  it("delay a new registration of the bytes until a running file cleanup ends", async () => {
    const user = await createUser();
    const bytes = await newPdf();
    const { document_id } = (await register(user, bytes)).body;
    await remove(user, document_id);
    await cleaned();

    const path = `user/${user.id}/raw/${document_id}.pdf`;
    const asked: string[] = [];
    const answer = Promise.withResolvers<void>();
    const storage = {
      remove: (paths: string[]) => {
        asked.push(...paths);
        return answer.promise;
      },
    };
    const removals: Promise<unknown>[] = [];
    const pool = connectPool(stack.databaseUrl);
    onTestFinished(() => pool.end());
    await eventually(async () => {
      await sql`insert into pipeline_internal.file_cleanups (path) values (${path})`;
      removals.push(
        cleanup({ sql: pool, storage, llamaparse: nothingToCancel }, quiet),
      );
      await pause(50);
      return asked.includes(path);
    }, "the removal");

    let registered = false;
    const again = register(user, bytes).then(({ status }) => {
      registered = true;
      return status;
    });
    await pause(300);
    expect(registered).toBe(false);
    answer.resolve();
    expect(await again).toBe(200);
    await Promise.all(removals);
    await cleaned();
  });

  it("retry a cancellation that fails, up to the limit", async () => {
    const submission_id = crypto.randomUUID();
    const attempts = async () => {
      const [row] = await sql<{ attempt_count: number }[]>`
        select attempt_count from pipeline_internal.parse_cancellations where submission_id = ${submission_id}`;
      return row?.attempt_count;
    };
    await llamaparse.faults({
      next_responses: [{ route: "cancel", status: 503, count: 2 }],
    });
    await sql`
      insert into pipeline_internal.parse_cancellations (
        submission_id, provider_job_id, submission_requested_at, due_at, attempt_count)
      values (${submission_id}, ${crypto.randomUUID()}, now(), now(), 6)`;
    await sql`select pipeline_internal.sweep()`;
    await eventually(async () => await attempts() === 7, "the seventh attempt");
    await sql`
      update pipeline_internal.parse_cancellations set due_at = now() where submission_id = ${submission_id}`;
    await sql`select pipeline_internal.sweep()`;
    await eventually(
      async () => await attempts() === undefined,
      "the end of the last attempt",
    );
  });
});
