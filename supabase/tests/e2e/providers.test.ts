import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { useLimits } from "./changed_limits.ts";
import {
  call,
  createUser,
  eventually,
  handbook,
  llamaparse,
  openai,
  upload,
  type User,
  variant,
  waitFor,
  waitUntilIdle,
} from "./harness.ts";
import { useDatabase } from "./hooks.ts";

/**
 * A provider's refusal is not held against documents: rate limits and circuits make the work wait with a reason, and it
 * continues without an operator.
 */
describe("a failing provider", () => {
  const sql = useDatabase();
  const setLimits = useLimits(sql);
  let providers: Record<string, unknown>[];
  let bytes: Uint8Array;

  beforeAll(async () => {
    await waitUntilIdle(sql);
    bytes = await handbook();
    providers = await sql`
      select provider, requests_per_minute, request_burst, request_burst as request_level, tokens_per_minute, token_burst,
             token_burst as token_level
      from pipeline_internal.providers`;
  });
  afterEach(async () => {
    await llamaparse.reset();
    await openai.reset();
    for (const row of providers) {
      await sql`
        update pipeline_internal.providers
        set ${
        sql(row)
      }, failure_count = 0, open_count = 0, opened_at = null, probe_at = null, code = null, message = null
        where provider = ${row.provider as string}`;
    }
  });

  /** Uploads as users for whom this text was never embedded. */
  async function uploadAsNewUsers(count: number) {
    const users = await Promise.all(Array.from({ length: count }, createUser));
    return await Promise.all(users.map(async (user) => ({
      user,
      ...await upload(user, variant(bytes)),
    })));
  }

  const circuit = async (provider: string) =>
    (await sql`
      select opened_at is not null as is_open, code, message, failure_count,
             extract(epoch from probe_at - opened_at)::float as pause
      from pipeline_internal.providers where provider = ${provider}`)[0];
  const openCircuit = (provider: string) =>
    eventually(async () => {
      const found = await circuit(provider);
      return found.is_open && found;
    }, `${provider}'s circuit to open`);
  const jobOf = async (documentId: string) =>
    (await sql`
      select status, state, waiting_for, attempt_count, retry_count, stage, message_id
      from upload_pipeline.upload_jobs where document_id = ${documentId}`)[0];
  const providersHealth = async () => {
    // The database's answer is cached for a second.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    return (await call("/api/health")).body.parts.providers;
  };

  /**
   * Makes the documents' next attempts due. Attempts that are due already are left out: a worker may be claiming one,
   * and would lose its lease.
   */
  const makeDue = (documentIds: string[]) =>
    sql`
      select pgmq.set_vt(stage, message_id, 0) from upload_pipeline.upload_jobs
      where document_id = any (${documentIds}::uuid[]) and message_id is not null and state <> 'working'
        and next_attempt_at > clock_timestamp()`;

  /** Makes the provider's probe and the documents' next attempts due, as if time had passed. */
  async function letTimePass(provider: string, documentIds: string[]) {
    await sql`
      update pipeline_internal.providers set probe_at = clock_timestamp()
      where provider = ${provider} and opened_at is not null`;
    await makeDue(documentIds);
  }

  async function completes(
    { user, document_id }: { user: User; document_id: string },
  ) {
    await waitFor(user, document_id, ["complete"]);
    return await jobOf(document_id);
  }

  it("OpenAI's 429 pauses its stage for the time that it names, and costs no attempt", async () => {
    await openai.faults({
      next_responses: [{
        route: "embeddings",
        status: 429,
        headers: { "retry-after": "60" },
      }],
    });
    const [document] = await uploadAsNewUsers(1);
    expect(await openCircuit("openai")).toMatchObject({
      code: "OPENAI_RATE_LIMITED",
      message: expect.stringContaining("rate limit"),
      pause: expect.closeTo(60, 1),
    });
    expect(await providersHealth()).toEqual({
      status: "degraded",
      open_circuits: ["openai"],
    });
    expect(await jobOf(document.document_id)).toMatchObject({
      state: "queued",
      waiting_for: "OPENAI_RATE_LIMITED",
      attempt_count: 0,
      retry_count: 0,
    });

    // The sweeper finds by itself that the pause is over.
    await letTimePass("openai", [document.document_id]);
    expect((await completes(document)).retry_count).toBe(0);
    expect(await circuit("openai")).toMatchObject({
      is_open: false,
      code: null,
    });
    expect((await providersHealth()).status).toBe("ok");
  });

  it("OpenAI's open circuit does not delay parsing of a user's other documents", async () => {
    const [{ cap }] = await sql<{ cap: number }[]>`
      select active_documents_per_user as cap from pipeline_internal.limits`;
    await sql`
      update pipeline_internal.providers
      set opened_at = clock_timestamp(), probe_at = clock_timestamp() + interval '1 hour', code = 'OPENAI_OUT_OF_CREDIT',
          message = 'no credit'
      where provider = 'openai'`;
    const user = await createUser();
    const documents: { user: User; document_id: string }[] = [];
    for (let n = 0; n < 3 * cap + 1; n++) {
      documents.push({ user, ...await upload(user, variant(bytes)) });
    }
    const waiting = async () =>
      await sql<{ document_id: string }[]>`
        select document_id from upload_pipeline.upload_jobs
        where user_id = ${user.id} and status = 'embedding_queued'`;
    await eventually(
      async () => (await waiting()).length === 3 * cap,
      "three times the usual number to wait for OpenAI",
    );
    const { body: last } = await call(
      `/api/documents/${documents.at(-1)!.document_id}/status`,
      { user },
    );
    expect(last).toMatchObject({
      status: "uploaded",
      waiting_for: "YOUR_OTHER_DOCUMENTS",
      queue_position: 1,
    });

    await letTimePass("openai", documents.map((row) => row.document_id));
    for (const document of documents) await completes(document);
  });

  it("an exhausted OpenAI quota delays every document, with the reason, until it is paid", async () => {
    await openai.faults({
      next_responses: [{
        route: "embeddings",
        status: 429,
        code: "insufficient_quota",
        count: 99,
      }],
    });
    const [first] = await uploadAsNewUsers(1);
    expect(await openCircuit("openai")).toMatchObject({
      code: "OPENAI_OUT_OF_CREDIT",
      pause: expect.closeTo(60, 1),
    });
    const asked = (await openai.log()).requests.length;

    const [second] = await uploadAsNewUsers(1);
    await waitFor(second.user, second.document_id, ["embedding_queued"]);
    await sql`select pipeline_internal.sweep()`;
    expect(await jobOf(second.document_id)).toMatchObject({
      status: "embedding_queued",
      attempt_count: 0,
    });
    expect((await openai.log()).requests).toHaveLength(asked);
    const { body } = await call(`/api/documents/${first.document_id}/status`, {
      user: first.user,
    });
    expect(body).toMatchObject({
      status: "embedding_in_progress",
      waiting_for: "OPENAI_OUT_OF_CREDIT",
    });

    await openai.reset();
    await letTimePass("openai", [first.document_id]);
    await completes(second);
    expect((await completes(first)).retry_count).toBe(0);
    expect(await circuit("openai")).toMatchObject({ is_open: false });
  });

  it("five consecutive OpenAI faults over several documents open its circuit", async () => {
    await openai.faults({
      next_responses: [{ route: "embeddings", status: 500, count: 99 }],
    });
    const documents = await uploadAsNewUsers(3);
    const ids = documents.map((document) => document.document_id);
    await eventually(async () => {
      if ((await circuit("openai")).is_open) return true;
      await makeDue(ids);
      await sql`select pipeline_internal.sweep()`;
    }, "the circuit to open");
    expect(await circuit("openai")).toMatchObject({
      code: "OPENAI_UNAVAILABLE",
    });
    const asked = (await openai.log()).requests.length;
    expect(asked).toBeGreaterThanOrEqual(5);
    expect(asked).toBeLessThanOrEqual(7);

    await openai.reset();
    await letTimePass("openai", ids);
    await eventually(
      async () => !(await circuit("openai")).is_open,
      "the probe",
    );
    await makeDue(ids);
    for (const document of documents) await completes(document);
  });

  it("LlamaParse's 402 delays submissions, with the reason, and each is paid once afterwards", async () => {
    await llamaparse.faults({
      next_responses: [{ route: "create", status: 402, count: 99 }],
    });
    const [document] = await uploadAsNewUsers(1);
    expect(await openCircuit("llamaparse")).toMatchObject({
      code: "LLAMAPARSE_OUT_OF_CREDITS",
      pause: expect.closeTo(60, 1),
    });
    expect(await providersHealth()).toMatchObject({
      open_circuits: ["llamaparse"],
    });
    expect(await jobOf(document.document_id)).toMatchObject({
      status: "uploaded",
      state: "queued",
      waiting_for: "LLAMAPARSE_OUT_OF_CREDITS",
      attempt_count: 0,
    });

    await llamaparse.reset();
    await letTimePass("llamaparse", [document.document_id]);
    expect((await completes(document)).retry_count).toBe(0);
    expect(await llamaparse.count("create")).toBe(1);
  });

  it("a rate limit of two submissions admits two, and the third waits", async () => {
    await sql`
      update pipeline_internal.providers
      set requests_per_minute = 0.01, request_burst = 2, request_level = 2, refilled_at = clock_timestamp()
      where provider = 'llamaparse'`;
    const documents = await uploadAsNewUsers(3);
    const statuses = () =>
      Promise.all(
        documents.map(async (document) => (await jobOf(document.document_id)).status),
      );
    await eventually(
      async () =>
        (await statuses()).filter((status) => status === "complete").length ===
          2,
      "two complete documents",
    );
    await sql`select pipeline_internal.sweep()`;
    expect((await statuses()).sort()).toEqual([
      "complete",
      "complete",
      "uploaded",
    ]);
    expect(await llamaparse.count("create")).toBe(2);

    await sql`
      update pipeline_internal.providers set request_level = 1, refilled_at = clock_timestamp()
      where provider = 'llamaparse'`;
    await sql`select pipeline_internal.sweep()`;
    for (const document of documents) await completes(document);
    expect(await llamaparse.count("create")).toBe(3);
  });

  it("a stuck parse is cancelled and submitted again once; then it fails as PARSE_TIMEOUT", async () => {
    await llamaparse.faults({ jobs: "stuck" });
    await setLimits({
      parse_deadline_seconds: 1,
      first_poll_seconds: 1,
      max_poll_seconds: 1,
    });
    const [document] = await uploadAsNewUsers(1);
    const ended = await eventually(async () => {
      await sql`select pipeline_internal.sweep()`;
      const { body } = await call(
        `/api/documents/${document.document_id}/status`,
        { user: document.user },
      );
      return body.state === "deadletter" && body;
    }, "the document to fail");

    expect(ended).toMatchObject({
      status: "failed_parse",
      last_error: { code: "PARSE_TIMEOUT" },
    });
    expect(await llamaparse.count("create")).toBe(2);
    expect(await llamaparse.count("cancel")).toBe(2);
    const submissions = await sql`
      select outcome, finished_at is not null as is_closed from pipeline_internal.submissions
      where job_id = ${document.job_id}`;
    expect([...submissions]).toEqual(
      Array(2).fill({ outcome: "PARSE_TIMEOUT", is_closed: true }),
    );
    const events = await sql`
      select type from upload_pipeline.events
      where job_id = ${document.job_id} and code = 'PARSE_TIMEOUT' order by event_no`;
    expect(events.map((event) => event.type)).toEqual(["retry", "failure"]);
  });
});
