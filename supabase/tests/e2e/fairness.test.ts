import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makePdf } from "../../../scripts/platform/simulators/llamaparse/sample_pdf.ts";
import { call, createUser, eventually, upload, waitFor } from "./harness.ts";
import { useLimits } from "./changed_limits.ts";
import { useIdleStack } from "./hooks.ts";

const MANY = 40;

describe("a user with many documents", () => {
  const sql = useIdleStack();
  const setLimits = useLimits(sql);
  beforeAll(async () => {
    await setLimits({ uploads_per_user_per_day: MANY });
    // All documents arrive before the first is processed.
    await sql`select pipeline_internal.pause_stage('parse', 'until all have come')`;
  });
  afterAll(async () => {
    await sql`select pipeline_internal.resume_stage('parse')`;
  });

  const page = (text: string) =>
    makePdf((doc) => {
      doc.fontSize(12).text(text);
    });

  it("does not delay another user's single document", async () => {
    const [busy, other] = await Promise.all([createUser(), createUser()]);
    const [{ cap }] = await sql<{ cap: number }[]>`
      select active_documents_per_user as cap from pipeline_internal.limits`;
    const uploaded: string[] = [];
    const numbers = Array.from({ length: MANY }, (_, n) => n).values();
    await Promise.all(Array.from({ length: 8 }, async () => {
      for (const n of numbers) {
        const { document_id } = await upload(
          busy,
          await page(`Report ${n} of the busy user, in a few words.`),
        );
        uploaded.push(document_id);
      }
    }));
    const completed = () =>
      sql<{ document_id: string }[]>`
        select document_id from upload_pipeline.upload_jobs
        where user_id = ${busy.id} and status = 'complete'`;

    // A waiting document reports the reason and its position.
    const waiting = await sql<{ document_id: string }[]>`
      select document_id from upload_pipeline.upload_jobs
      where user_id = ${busy.id} and user_queued_at is not null
      order by user_queued_at desc limit 1`;
    expect(waiting).toHaveLength(1);
    const { body: last } = await call(
      `/api/documents/${waiting[0].document_id}/status`,
      { user: busy },
    );
    expect(last).toMatchObject({
      status: "uploaded",
      state: "queued",
      waiting_for: "YOUR_OTHER_DOCUMENTS",
    });
    expect(last.queue_position).toBe(MANY - cap);

    const single = await upload(
      other,
      await page("The only document of the other user."),
    );
    await sql`select pipeline_internal.resume_stage('parse')`;
    let mostActive = 0;
    await eventually(async () => {
      const [{ active }] = await sql<{ active: number }[]>`
        select count(*)::int as active from upload_pipeline.upload_jobs
        where user_id = ${busy.id} and message_id is not null`;
      mostActive = Math.max(mostActive, active);
      const [job] = await sql`
        select status from upload_pipeline.upload_jobs where job_id = ${single.job_id}`;
      return job.status === "complete";
    }, "the other user's document");
    expect(mostActive).toBeGreaterThan(0);
    expect(mostActive).toBeLessThanOrEqual(cap);

    // At each stage it waited for the documents that were running, not for those in the user queue.
    const [{ done_before: doneBefore }] = await sql<{ done_before: number }[]>`
      select count(*)::int as done_before
      from upload_pipeline.upload_jobs j, upload_pipeline.upload_jobs s
      where j.user_id = ${busy.id} and s.job_id = ${single.job_id} and j.finished_at < s.finished_at`;
    expect(doneBefore).toBeLessThanOrEqual(3 * cap);

    await eventually(
      async () => (await completed()).length === MANY,
      "all of the busy user's documents",
    );
    expect(new Set((await completed()).map((row) => row.document_id))).toEqual(
      new Set(uploaded),
    );
    const { body } = await call(
      `/api/documents/${waiting[0].document_id}/status`,
      { user: busy },
    );
    expect(body.queue_position ?? null).toBe(null);
    await waitFor(other, single.document_id, ["complete"]);
  });
});
