import { afterEach, expect, it } from "vitest";
import { call, createUser, eventually, llamaparse, newPdf, openai, upload, type User, waitFor } from "./harness.ts";
import { useIdleStack } from "./hooks.ts";

const sql = useIdleStack();
afterEach(async () => {
  await openai.reset();
  await llamaparse.reset();
});

/** The user's charges by purpose. */
async function ledger(user: User) {
  return [
    ...await sql<
      { purpose: string; rows: number; quantity: number; cents: number }[]
    >`
      select purpose, count(*)::int as rows, sum(quantity)::int as quantity, sum(cents)::float8 as cents
      from pipeline_internal.charges where user_id = ${user.id} group by purpose order by purpose`,
  ];
}

it("a document and a search are charged at the providers' prices", async () => {
  const user = await createUser();
  const { document_id, job_id } = await upload(user);
  await waitFor(user, document_id, ["complete"]);
  await call("/api/search", {
    method: "POST",
    user,
    json: { query: "opening hours" },
  });

  const [{ pages }] = await sql`
    select page_count as pages from upload_pipeline.documents where document_id = ${document_id}`;
  const { requests } = await openai.log();
  expect(requests.length).toBeGreaterThan(0);
  const rows = await ledger(user);
  expect(rows.map(({ purpose, rows }) => [purpose, rows])).toEqual([
    ["embed", 1],
    ["parse", 1],
    ["search", 1],
  ]);
  const [embedded, parsed, searched] = rows;
  expect(parsed.quantity).toBe(pages);
  expect(searched.quantity).toBeGreaterThan(0);
  const { body } = await call(`/api/jobs/${job_id}`, { user });
  expect(body.cost_cents).toBeCloseTo(parsed.cents + embedded.cents, 4);
});

it("an unusable answer is charged, and so is the request that repeats it", async () => {
  const user = await createUser();
  await openai.faults({ vectors: "zero" });
  const { document_id } = await upload(user);
  await eventually(
    async () => (await ledger(user)).some(({ purpose }) => purpose === "embed"),
    "the charge for the bad vectors",
  );
  await openai.reset();
  await waitFor(user, document_id, ["complete"]);

  const charges = await sql`
    select quantity::int from pipeline_internal.charges where user_id = ${user.id} and purpose = 'embed'`;
  expect(charges.length).toBeGreaterThan(1);
  expect(new Set(charges.map(({ quantity }) => quantity)).size).toBe(1);
});

it("a document waits while the monthly budget is spent, and continues when it is raised", async () => {
  const user = await createUser();
  const bytes = await newPdf();
  const [{ cents }] = await sql`
    select pipeline_internal.document_cents('application/pdf', ${bytes.length})::float8 as cents`;
  // The document was affordable at registration; another reserved the money before its bytes arrived.
  await sql`
    insert into pipeline_internal.user_budgets (user_id, monthly_cents) values (${user.id}, ${1.5 * cents})`;
  await llamaparse.faults({ jobs: "stuck" });
  const first = await upload(user);
  await waitFor(user, first.document_id, ["parse_queued"]);
  const second = await upload(user, bytes);
  const waiting = await eventually(
    async () => {
      const { data } = await user.client.schema("upload_pipeline")
        .from("document_status").select("waiting_for, queue_position")
        .eq("document_id", second.document_id).single();
      return data?.waiting_for && data;
    },
    "the reason why it waits",
  );
  expect(waiting).toEqual({
    waiting_for: "MONTHLY_BUDGET_SPENT",
    queue_position: 1,
  });
  const limits = await call("/api/upload/limits", { user });
  expect(limits.body.monthly_budget).toMatchObject({
    spent_cents: 0,
    reserved_cents: expect.closeTo(cents, 0),
  });

  await llamaparse.reset();
  await sql`update pipeline_internal.user_budgets set monthly_cents = ${3 * cents} where user_id = ${user.id}`;
  await waitFor(user, second.document_id, ["complete"]);
  await call(`/api/documents/${first.document_id}`, { method: "DELETE", user });
});
