import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { useLimits } from "./changed_limits.ts";
import {
  call,
  createUser,
  eventually,
  llamaparse,
  restartFunctions,
  upload,
  type User,
  waitFor,
  webhookStatus,
} from "./harness.ts";
import { useIdleStack } from "./hooks.ts";

describe("the parser's webhook", () => {
  const sql = useIdleStack();
  const setLimits = useLimits(sql);
  let user: User;
  beforeAll(async () => {
    // An isolate records a limited number of rejected callbacks a minute.
    await restartFunctions();
    user = await createUser();
  });
  afterEach(() => llamaparse.reset());

  const submissionOf = async (jobId: string) =>
    (await sql`
      select provider_job_id, outcome, poll_count, requested_at, finished_at
      from pipeline_internal.submissions where job_id = ${jobId}`)[0];
  const deliveriesOf = (providerJobId: string) =>
    sql`select event_id from pipeline_internal.deliveries where provider_job_id = ${providerJobId}`;

  it("completes the job at once, without polling", async () => {
    // No poll happens within this time.
    await setLimits({ first_poll_seconds: 600, max_poll_seconds: 600 });
    const { document_id, job_id } = await upload(user);
    await waitFor(user, document_id, ["complete"]);
    const submission = await submissionOf(job_id);
    expect(submission).toMatchObject({ outcome: "collected", poll_count: 0 });
    expect(await deliveriesOf(submission.provider_job_id)).toHaveLength(1);
  });

  it("is replaced by polling when it is lost", async () => {
    await llamaparse.faults({ webhooks: "lose" });
    const { document_id, job_id } = await upload(user);
    await waitFor(user, document_id, ["complete"]);
    const submission = await submissionOf(job_id);
    expect(submission.outcome).toBe("collected");
    expect(await deliveriesOf(submission.provider_job_id)).toHaveLength(0);
  });

  it("takes effect once when it is delivered twice", async () => {
    await llamaparse.faults({ webhooks: "twice" });
    const { document_id, job_id } = await upload(user);
    await waitFor(user, document_id, ["complete"]);
    await eventually(
      async () => (await llamaparse.log()).deliveries.length === 2,
      "the second delivery",
    );
    const submission = await submissionOf(job_id);
    expect(await deliveriesOf(submission.provider_job_id)).toHaveLength(1);
    expect(await llamaparse.count("create")).toBe(1);

    const [{ completed }] = await sql`
      select count(*)::int as completed from upload_pipeline.events
      where job_id = ${job_id} and status = 'complete'`;
    expect(completed).toBe(1);
  });

  it("is rejected and counted when forged, and the job completes by polling", async () => {
    const refusedBefore = (await webhookStatus()).refused_24h;
    await llamaparse.faults({ webhooks: "forge" });
    const { document_id, job_id } = await upload(user);
    await waitFor(user, document_id, ["complete"]);
    const { provider_job_id } = await submissionOf(job_id);
    expect(await deliveriesOf(provider_job_id)).toHaveLength(0);
    expect((await webhookStatus()).refused_24h)
      .toBeGreaterThan(refusedBefore);
  });

  it("returns 401 without a signature, and answers reachability checks", async () => {
    const unsigned = await call("/webhook/llamaparse", {
      method: "POST",
      json: { event_type: "parse.success", data: { job_id: "x" } },
    });
    expect(unsigned.status).toBe(401);
    expect(unsigned.body.error.code).toBe("invalid_signature");
    expect((await call("/webhook/test")).status).toBe(200);
  });
});
