import type postgres from "postgres";
import { describe, expect, it } from "vitest";
import { type Registered, settlementOf, useEngine } from "./engine_sessions.ts";
import { eventually } from "./eventually.ts";

const MANY = 2_000;
const USERS = 50;
const QUEUE = "pgmq.q_embed";
const JOBS = "upload_pipeline.upload_jobs";
const DOCUMENTS = "upload_pipeline.documents";
const SUBMISSIONS = "pipeline_internal.submissions";
const FILES = "storage.objects";

/** A session keeps its plans while a table may grow ten-thousandfold within a second. */
describe(
  "a statement about one document reads few rows when a table has grown since it was planned",
  { retry: 0 },
  () => {
    const {
      sql,
      stage,
      current,
      createUser,
      createJobs,
      register,
      claim,
      settleIn,
    } = useEngine();

    /** Runs `work` in a transaction that is rolled back, on a session without plans. */
    async function undone(
      work: (session: postgres.ReservedSql) => Promise<void>,
    ): Promise<void> {
      const session = await sql.reserve();
      try {
        await session`begin`;
        await session`discard plans`;
        await work(session);
      } finally {
        await session`rollback`;
        session.release();
      }
    }

    it("in a queue", async () => {
      // The planner now estimates that the queue is always empty.
      await sql`vacuum analyze ${sql(QUEUE)}`;
      await undone(async (session) => {
        const questions = (id: string) => ({
          read: () => session`select from pipeline_internal.read_messages('embed', 1, 60)`,
          lock: () => session`select from pipeline_internal.lock_messages('embed', array[${id}]::bigint[])`,
          postpone: () =>
            session`select from pipeline_internal.postpone_messages('embed', array[${id}]::bigint[], now())`,
          delete: () => session`select from pipeline_internal.delete_messages('embed', array[${id}]::bigint[])`,
          due: () => session`select from pipeline_internal.due_message('embed')`,
        });
        for (const ask of Object.values(questions("1"))) await ask();
        const [{ middle }] = await session<{ middle: string }[]>`
        select percentile_disc(0.5) within group (order by msg_id)::text as middle
        from pipeline_internal.send_messages(
          'embed', array(select gen_random_uuid() from generate_series(1, ${MANY}::int)),
          array_fill(0, array[${MANY}::int]))`;

        for (const [name, ask] of Object.entries(questions(middle))) {
          const count = await rowsRead(session, [QUEUE], ask);
          expect.soft(count, name).toBeLessThan(6);
        }
      });
    });

    it("in the user's jobs", async () => {
      await createJobs(8);
      await sql`vacuum analyze ${sql(JOBS)}`;
      await undone(async (session) => {
        await session`update pipeline_internal.stages set next_stage = 'fetch_result' where stage = ${stage}`;
        const workOne = async () => {
          const [{ msg_id, read_ct }] = await claim(session, 1);
          const done = { msg_id, read_ct, outcome: "done" };
          expect(await settleIn(session, stage, [done])).toHaveLength(1);
        };
        // The first executions of a statement are planned each time; then one plan is kept.
        for (let n = 0; n < 7; n++) await workOne();
        await session`
        with document as (
          insert into upload_pipeline.documents (document_id, user_id, filename, mime, bytes_len, file_sha256, raw_path)
          select gen_random_uuid(), ${current.userId}, 'many.pdf', 'application/pdf', 1, repeat('0', 64), n
          from generate_series(1, ${MANY}::int) n
          returning document_id, user_id)
        insert into upload_pipeline.upload_jobs (document_id, user_id) select document_id, user_id from document`;

        expect(await rowsRead(session, [JOBS], workOne)).toBeLessThan(50);
      });
    });

    it("in other users' documents, at registration and upload", async () => {
      await createJobs(1);
      await sql`vacuum (full, analyze) ${sql(DOCUMENTS)}, ${sql(JOBS)}`;
      await undone(async (session) => {
        const { register, store, ...rest } = lifeOfADocument(session);
        for (let n = 0; n < 7; n++) {
          await inTurn({ register, store, ...rest }, (_, step) => step());
        }
        await createOthersDocuments(session);
        await session`
          insert into storage.objects (bucket_id, name)
          select 'files', raw_path from upload_pipeline.documents on conflict do nothing`;

        const tables = [DOCUMENTS, JOBS, FILES];
        expect.soft(await rowsRead(session, tables, register), "register")
          .toBeLessThan(50);
        // Two indexes cover active jobs, and while there seems to be only one the planner may scan either to find the user's own.
        expect.soft(await rowsRead(session, tables, store), "store")
          .toBeLessThan(MANY + 50);
      });
    });

    it("in other users' documents, in every statement after statistics are renewed", async () => {
      await createJobs(1);
      const tables = [DOCUMENTS, JOBS, SUBMISSIONS];
      await sql`vacuum analyze ${sql(DOCUMENTS)}, ${sql(JOBS)}, ${sql(SUBMISSIONS)}`;
      await undone(async (session) => {
        const life = lifeOfADocument(session);
        for (let n = 0; n < 7; n++) await inTurn(life, (_, step) => step());
        await sql.begin(createOthersDocuments);
        // The scheduled job may be renewing them already.
        await eventually(async () => {
          const renewed = await sql`select from pipeline_internal.refresh_statistics()`;
          return renewed.length === 0;
        }, "new statistics");

        await inTurn(life, async (name, step) => {
          const count = await rowsRead(session, tables, step);
          expect.soft(count, name).toBeLessThan(50);
        });
      });
    });

    /** The statements of a document's life from registration to deletion, in order. */
    function lifeOfADocument(session: postgres.ISql) {
      const userId = current.userId;
      const claims = { sub: userId, role: "authenticated" };
      // Numbers above those of the test's jobs.
      let n = 100;
      let document: Registered;
      let lease = { msg_id: "", read_ct: 0 };
      const claimIt = async () => {
        lease = (await claim(session, 2)).find(({ job_id }) => job_id === document.job_id)!;
      };
      const settle = async (outcome: "retry" | "reject") => {
        const settled = await settleIn(session, stage, [
          settlementOf(lease, outcome),
        ]);
        expect(settled).toHaveLength(1);
      };
      const retryJob = async () => {
        const [{ outcome }] = await session`
          select outcome from pipeline_internal.retry_job(${userId}, ${document.job_id})`;
        expect(outcome).toBe("retried");
      };
      return {
        register: async () => {
          [document] = await register(session, n++);
        },
        store: () =>
          session`
          insert into storage.objects (bucket_id, name, metadata)
          values ('files', ${document.raw_path}, '{"size": 1000}')`,
        status: () =>
          session`
          select pipeline_internal.document_status_for(${sql.json(claims)}, ${document.document_id})`,
        list: async () => {
          await session`
            select set_config('role', 'authenticated', true),
                   set_config('request.jwt.claims', ${JSON.stringify(claims)}, true)`;
          await session`
            select document_id, status from upload_pipeline.document_status
            order by created_at desc, document_id desc limit 20`;
          await session`reset role`;
        },
        storage_usage: () => session`select pipeline_internal.storage_usage(${userId})`,
        enqueue: () => session`select pipeline_internal.enqueue(array[${document.job_id}::uuid], ${stage})`,
        claim: claimIt,
        beginSubmission: () =>
          session`
          select pipeline_internal.begin_submission(
            (${stage}, ${lease.msg_id}::bigint, ${lease.read_ct}::int)::pipeline_internal.lease)`,
        deliver: async () => {
          const [{ outcome }] = await session`
            select pipeline_internal.receive_delivery(
              ${crypto.randomUUID()}, 'parse.success', ${crypto.randomUUID()}, ${document.job_id}, 'plans') as outcome`;
          expect(outcome).toBe("accepted");
        },
        storeEmbeddings: () =>
          session`
          select pipeline_internal.store_embeddings(
            (${stage}, ${lease.msg_id}::bigint, ${lease.read_ct}::int)::pipeline_internal.lease, 'model', '{}', '{}',
            ${
            sql.json([{
              key: document.job_id,
              purpose: "embed",
              model: "text-embedding-3-small",
              quantity: 1,
              job_id: document.job_id,
            }])
          })`,
        retry: () => settle("retry"),
        retryJob,
        claimAgain: claimIt,
        reject: () => settle("reject"),
        delete: async () => {
          const [{ deleted }] = await session`
            select pipeline_internal.delete_document(${userId}, ${document.document_id}) as deleted`;
          expect(deleted).toBe(true);
        },
      };
    }

    /** Half of them await their bytes, and half are active. */
    async function createOthersDocuments(
      session: postgres.ISql,
    ): Promise<void> {
      const own = current.userId;
      const owners: string[] = [];
      for (let n = 0; n < USERS; n++) {
        await createUser();
        owners.push(current.userId);
      }
      current.userId = own;
      await session`
        with document as (
          insert into upload_pipeline.documents (document_id, user_id, filename, mime, bytes_len, file_sha256, raw_path)
          select gen_random_uuid(), owner, 'many.pdf', 'application/pdf', 1, repeat('0', 64), 'user/' || owner || '/' || n
          from unnest(${owners}::uuid[]) owner, generate_series(1, ${MANY / USERS}::int) n
          returning document_id, user_id
        ), job as (
          insert into upload_pipeline.upload_jobs (document_id, user_id, status, stage, message_id)
          select document_id, user_id, case when is_active then 'uploaded' else 'awaiting_upload' end,
                 case when is_active then ${stage} end, case when is_active then 1000000 + n end
          from (select *, n % 2 = 0 as is_active from (select *, row_number() over () as n from document) d) numbered
          returning job_id
        )
        insert into pipeline_internal.submissions (job_id) select job_id from job`;
      // Makes the session's counts visible to others as soon as it commits.
      await session`select pg_stat_force_next_flush()`;
    }
  },
);

async function inTurn<T>(
  steps: Record<string, T>,
  take: (name: string, step: T) => PromiseLike<unknown>,
): Promise<void> {
  for (const [name, step] of Object.entries(steps)) await take(name, step);
}

/** The rows of these tables that the session reads during `work`. */
async function rowsRead(
  session: postgres.ISql,
  tables: string[],
  work: () => PromiseLike<unknown>,
): Promise<number> {
  const sum = async () => {
    const [{ count }] = await session<{ count: number }[]>`
      select sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::int as count
      from pg_stat_xact_user_tables where relid = any (${tables}::regclass[])`;
    return count;
  };
  const before = await sum();
  await work();
  return await sum() - before;
}
