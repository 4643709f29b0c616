import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { sha256Hex } from "../../functions/_shared/hash.ts";
import { useLimits } from "./changed_limits.ts";
import { createUser, ENDED, eventually, newPdf, register, upload, type User, waitFor } from "./harness.ts";
import { useDatabase } from "./hooks.ts";

describe("the reconciler", () => {
  const sql = useDatabase();
  const setLimits = useLimits(sql);
  let user: User;
  beforeAll(async () => {
    user = await createUser();
  });

  it("expires an upload that never arrives, and removes the files of an earlier attempt", async () => {
    const bytes = await newPdf();
    const announced = { sha256: await sha256Hex("what was announced") };
    const { document_id } = await upload(user, bytes, announced);
    await waitFor(user, document_id, ENDED);
    const kept = () =>
      sql`
        select from storage.objects where name like ${`%${document_id}%`}`;
    expect(await kept()).toHaveLength(1);

    expect((await register(user, bytes, announced)).status).toBe(200);
    await sql`
      update upload_pipeline.upload_jobs set upload_expires_at = now() - interval '1 hour'
      where document_id = ${document_id}`;
    await sql`select pipeline_internal.reconcile()`;
    expect((await waitFor(user, document_id, ["expired"])).state).toBe("done");
    await eventually(
      async () => (await kept()).length === 0,
      "the file's removal",
    );
    await eventually(
      async () =>
        (await sql`
          select from pipeline_internal.file_cleanups where path like ${`%${document_id}%`}`)
          .length === 0,
      "the end of the removal",
    );
  });

  it("finds an object whose trigger failed", async () => {
    const bytes = await newPdf();
    // pg_cron's own run would find it too.
    const setReconciling = (active: boolean) =>
      sql`
        select cron.alter_job(jobid, active => ${active}) from cron.job where jobname = 'pipeline-reconcile'`;
    await setReconciling(false);
    onTestFinished(async () => {
      await setReconciling(true);
    });
    // The trigger's transaction fails, as it would with a defect in the pipeline.
    await sql`
      delete from pipeline_internal.transitions where from_status = 'awaiting_upload' and to_status = 'uploaded'`;
    const { document_id } = await upload(user, bytes)
      .finally(() =>
        sql`
          insert into pipeline_internal.transitions (from_status, to_status, cause)
          values ('awaiting_upload', 'uploaded', 'bytes arrived')`
      );
    const status = await waitFor(user, document_id, ["awaiting_upload"]);
    expect(status.state).toBe("queued");

    await sql`select pipeline_internal.reconcile()`;
    await waitFor(user, document_id, ["complete"]);
  });

  it("replaces a lost message", async () => {
    await setLimits({ first_poll_seconds: 60, max_poll_seconds: 60 });
    const { document_id, job_id } = await upload(user);
    await sql`
      delete from pgmq.q_parse where (message ->> 'job_id')::uuid = ${job_id}`;
    await sql`
      delete from pgmq.q_fetch_result where (message ->> 'job_id')::uuid = ${job_id}`;
    // reconcile skips young jobs: their message may still be uncommitted.
    await sql`
      update upload_pipeline.upload_jobs set updated_at = now() - interval '2 minutes' where job_id = ${job_id}`;
    await sql`select pipeline_internal.reconcile()`;
    await waitFor(user, document_id, ["complete"]);
  });
});
