import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createPipelineClient, type PipelineClient } from "../../../client/src/index.ts";
import { Screen } from "../../../scripts/dev/terminal/screen.ts";
import { operate } from "../../../scripts/ops/pipeline/operate.ts";
import { useLimits } from "./changed_limits.ts";
import {
  call,
  createUser,
  ENDED,
  eventually,
  fixture,
  llamaparse,
  openai,
  register,
  stack,
  upload,
  type User,
  variant,
  waitFor,
  waitUntilIdle,
} from "./harness.ts";
import { useIdleStack } from "./hooks.ts";
import { startReceiver } from "./webhook_receiver.ts";

const sql = useIdleStack();
const setLimits = useLimits(sql);
const receiver = await startReceiver();
let user: User;
let client: PipelineClient;
let document_id: string;
let job_id: string;

const WARNING = {
  code: "PAGES_UNREAD",
  message: expect.stringContaining("page 13"),
  pages: [13],
};

beforeAll(async () => {
  user = await createUser();
  client = createPipelineClient(user.client);
  const [{ secret }] = await sql`
    select pipeline_internal.add_endpoint('reparse', ${receiver.url}, array['document.completed']) as secret`;
  receiver.state.secret = secret;
  await llamaparse.faults({ fail_pages: [13] });
  const slides = await fixture("cases/p18b-slides-titled.pdf");
  ({ document_id, job_id } = await upload(user, variant(slides), {
    filename: "slides.pdf",
  }));
  await waitFor(user, document_id, ENDED);
});
afterAll(async () => {
  await Promise.all([llamaparse.reset(), openai.reset()]);
  await sql`select pipeline_internal.remove_endpoint('reparse')`;
  await sql`select pipeline_internal.allow_file_types(array['pdf'])`;
  await receiver.stop();
});

const reparse = (
  json: unknown = {},
  { id = document_id, as = user, headers = {} } = {},
) =>
  call(`/api/documents/${id}/reparse`, {
    method: "POST",
    user: as,
    json,
    headers,
  });

const status = async () => (await call(`/api/documents/${document_id}/status`, { user })).body;

/** The passages that contain all of these words. */
async function find(words: string) {
  const { results } = await client.search(words, { mode: "text", k: 50 });
  return results.filter(({ content }) => words.split(" ").every((word) => content.includes(word)));
}

const chunks = () =>
  sql<{ chunk_id: string; vector: string; page_from: number }[]>`
  select chunk_id, md5(embedding::text) as vector, page_from from upload_pipeline.document_chunks
  where document_id = ${document_id} order by chunk_ord`;

const submissions = () =>
  sql<{ pages: number[] | null; outcome: string }[]>`
  select pages, outcome from pipeline_internal.submissions where job_id = ${job_id} order by requested_at`;

/** The document's charges: parsed pages, and US cents in total. */
async function costs(): Promise<{ pages: number; cents: number }> {
  const [row] = await sql<{ pages: number; cents: number }[]>`
    select (sum(quantity) filter (where purpose = 'parse'))::int as pages, sum(cents)::float8 as cents
    from pipeline_internal.charges where job_id = ${job_id}`;
  return row;
}

async function run(...args: string[]): Promise<string> {
  const out: string[] = [];
  const write = (line: string) => out.push(line);
  const screen = new Screen(write);
  const code = await operate(
    ["--url", stack.url, "--access-token", user.token, ...args],
    { write, writeError: write, screen, faults: screen, directory: "." },
  );
  expect([code, out]).toEqual([0, expect.anything()]);
  return out.join("\n").replaceAll(/\s+/g, " ");
}

describe("a page that the parser fails on", () => {
  it("is requested once more, and then warned of in every status", async () => {
    expect([...await submissions()]).toMatchObject([
      { pages: null, outcome: "reparse_pages" },
      { pages: [13], outcome: "collected" },
    ]);
    expect(await status())
      .toMatchObject({ status: "complete", warnings: [WARNING] });
    const list = await call("/api/documents", { user });
    expect(list.body.documents).toMatchObject([{ warnings: [WARNING] }]);
    const job = await call(`/api/jobs/${job_id}`, { user });
    expect(job.body).toMatchObject({ status: "complete", warnings: [WARNING] });
    const jobs = await call("/api/jobs", { user });
    expect(jobs.body.jobs).toMatchObject([{ warnings: [WARNING] }]);
    expect(await client.waitUntilComplete(document_id))
      .toMatchObject({ warnings: [WARNING] });

    const exported: string = (await call("/api/account/export", { user })).body;
    const lines = exported.trimEnd().split("\n").map((line) => JSON.parse(line));
    expect(lines.find(({ type }) => type === "document"))
      .toMatchObject({ warnings: [WARNING] });
    expect(lines.filter(({ event }) => event === "warning"))
      .toMatchObject([{ code: WARNING.code, message: WARNING.message }]);
    expect(lines.filter(({ type }) => type === "chunk"))
      .toHaveLength((await chunks()).length);
  });

  it("is reported to applications and operators", async () => {
    await eventually(
      () => Promise.resolve(receiver.received.length > 0),
      "the message",
    );
    expect(receiver.received[0].body).toMatchObject({
      type: "document.completed",
      data: { document_id, warnings: [WARNING] },
    });
    expect(
      await sql`
      select code, pages, status, page_count from pipeline_monitoring.document_warnings where document_id = ${document_id}`,
    ).toMatchObject([{
      code: "PAGES_UNREAD",
      pages: [13],
      status: "complete",
    }]);
    await eventually(async () => {
      // As the schedule does every fifteen seconds.
      await sql`select pipeline_internal.roll_up_events()`;
      const [counted] = await sql`
        select value from pipeline_internal.metric_samples()
        where name = 'pipeline_warnings_total' and labels ->> 'code' = 'PAGES_UNREAD'`;
      return counted.value > 0;
    }, "the count");
  });

  it("is reported on the command line, with a remedy", async () => {
    for (const command of ["status", "why", "history"]) {
      expect(await run(command, document_id))
        .toMatch(/page 13.*\(PAGES_UNREAD\)/);
    }
    expect(await run("list")).toMatch(/slides\.pdf: .*page 13.*PAGES_UNREAD/);
    expect(await run("why", document_id)).toContain(
      "To do: have them parsed again",
    );
    expect(JSON.parse(await run("why", document_id, "--json")).warnings)
      .toMatchObject([{ code: "PAGES_UNREAD", pages: [13] }]);
  });

  it("is not found, and leaves the pages around it intact", async () => {
    expect(await find("Bicycle leasing")).toEqual([]);
    expect(await find("Topic 12")).toMatchObject([{
      page: 12,
      page_from: 12,
      page_to: 12,
    }]);
    expect(await find("Topic 14")).toMatchObject([{ page: 14 }]);
  });
});

describe("POST /api/documents/{document_id}/reparse", () => {
  it("refuses another user's document and pages that do not exist", async () => {
    const other = await createUser();
    expect(await reparse({}, { as: other })).toMatchObject({
      status: 404,
      body: { error: { code: "document_not_found" } },
    });
    expect(await reparse({ pages: [13, 99] })).toMatchObject({
      status: 422,
      body: { error: { code: "no_such_page", details: { pages: [99] } } },
    });
    expect(await reparse({ pages: [13], page: 13 })).toMatchObject({
      status: 422,
      body: { error: { code: "validation_failed" } },
    });
    expect(await submissions()).toHaveLength(2);
  });

  it("keeps the document when reparsing fails, and reports why", async () => {
    await llamaparse.faults({ fail_with: "PDF_IS_BROKEN", fail_pages: [] });
    expect((await reparse({ pages: "unread" })).status).toBe(202);
    const ended = await client.waitUntilComplete(document_id);
    expect(ended).toMatchObject({
      status: "complete",
      last_error: { code: "PDF_IS_BROKEN" },
      warnings: [WARNING],
    });
    expect(await find("Topic 12")).toHaveLength(1);
    expect(await run("why", document_id))
      .toContain("Parsing it again failed");
  });

  it("adds the missing page, while the others stay searchable and unchanged", async () => {
    const before = await chunks();
    const [{ uploads }] = await sql`
      select used_count as uploads from pipeline_internal.rate_limits where key = ${`uploads:${user.id}`}`;
    const paid = await costs();
    await waitUntilIdle(sql);
    await llamaparse.reset();
    await openai.reset();
    await llamaparse.faults({ delay_ms: 1_500 });

    const key = { "idempotency-key": crypto.randomUUID() };
    const accepted = await reparse({ pages: "unread" }, { headers: key });
    expect(accepted.status).toBe(202);
    expect(accepted.body)
      .toEqual({ document_id, job_id, status: "uploaded", pages: [13] });
    expect((await reparse({ pages: "unread" }, { headers: key })).body)
      .toEqual(accepted.body);

    expect(await reparse({ pages: [1] })).toMatchObject({
      status: 409,
      body: { error: { code: "document_busy" } },
    });
    expect(await status()).toMatchObject({
      status: expect.not.stringMatching("complete"),
      warnings: [WARNING],
    });
    expect(await find("Topic 12")).toHaveLength(1);
    expect(await find("Bicycle leasing")).toEqual([]);

    const ended = await client.waitUntilComplete(document_id);
    expect(ended).toMatchObject({ status: "complete", warnings: [] });
    expect(ended).not.toHaveProperty("last_error");
    expect(await find("Bicycle leasing")).toMatchObject([{
      page: 13,
      page_from: 13,
      page_to: 13,
    }]);

    const after = await chunks();
    expect(after.filter(({ page_from }) => page_from !== 13))
      .toEqual([...before]);
    expect(after).toHaveLength(before.length + 1);
    expect(await openai.count("embeddings")).toBe(1);
    const { requests } = await openai.log();
    expect(requests.map(({ metadata }) => metadata.inputs)).toEqual([1]);
    expect(await llamaparse.count("create")).toBe(1);
    expect((await submissions()).at(-1)).toMatchObject({ pages: [13] });

    const [counted] = await sql`
      select used_count from pipeline_internal.rate_limits where key = ${`uploads:${user.id}`}`;
    expect(counted.used_count).toBe(uploads + 1);
    const charged = await costs();
    expect(charged.pages).toBe(paid.pages + 1);
    expect(charged.cents).toBeGreaterThan(paid.cents);
  });

  it("returns 409 when every page was read or the document is text", async () => {
    expect(await reparse({ pages: "unread" })).toMatchObject({
      status: 409,
      body: { error: { code: "nothing_unread" } },
    });
    await sql`select pipeline_internal.allow_file_types(array['pdf', 'md'])`;
    const bytes = new TextEncoder().encode(`# Notes ${crypto.randomUUID()}`);
    const { body } = await register(user, bytes, {
      filename: "notes.md",
      mime: "text/markdown",
    });
    expect(await reparse({}, { id: body.document_id })).toMatchObject({
      status: 409,
      body: { error: { code: "not_parsed" } },
    });
  });

  it("charges every page and no vector when all pages are reparsed", async () => {
    const before = await chunks();
    await openai.reset();
    await client.reparse(document_id);
    const ended = await client.waitUntilComplete(document_id);
    expect(ended).toMatchObject({ status: "complete", warnings: [] });
    expect(await chunks()).toEqual(before);
    expect(await openai.count("embeddings")).toBe(0);
    expect((await submissions()).at(-1)).toMatchObject({ pages: null });
  });

  it("is limited by the daily uploads and the budget", async () => {
    await setLimits({ uploads_per_user_per_day: 1 });
    const late = await reparse({ pages: [1] });
    expect(late).toMatchObject({
      status: 429,
      body: { error: { code: "daily_limit" } },
    });
    expect(Number(late.headers.get("retry-after"))).toBeGreaterThan(0);
    await setLimits({
      uploads_per_user_per_day: 30,
      monthly_budget_cents_per_user: 0,
    });
    expect(await reparse({ pages: [1] })).toMatchObject({
      status: 402,
      body: { error: { code: "monthly_budget_spent" } },
    });
    expect(await status()).toMatchObject({ status: "complete" });
  });
});
