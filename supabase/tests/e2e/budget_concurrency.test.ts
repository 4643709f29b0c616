import { beforeEach, describe, expect, it } from "vitest";
import { useEngine } from "./engine_sessions.ts";

/** Exceeds every budget in these tests. */
const DOCUMENTS = 16;

describe("concurrent budgets", { retry: 0 }, () => {
  const { sql, current, createUser, setLimits, register, keepWorkersAway } = useEngine();

  beforeEach(() => setLimits({ active_documents_per_user: 100 }));

  /** The expected cost of one registered document, in US cents. */
  async function expectedCents(): Promise<number> {
    const [{ cents }] = await sql`
      select pipeline_internal.document_cents('application/pdf', 1000)::float8 as cents`;
    expect(cents).toBeGreaterThan(0);
    return cents;
  }

  async function committedCents(): Promise<number> {
    const [{ cents }] = await sql`
      select pipeline_internal.committed_cents()::float8 as cents`;
    return cents;
  }

  async function arriveAtOnce(paths: string[]): Promise<void> {
    await Promise.all(
      paths.map((path) => sql`select pipeline_internal.start_processing(${path})`),
    );
  }

  async function pathsOf(userIds: string[]): Promise<string[]> {
    const rows = await sql<{ raw_path: string }[]>`
      select raw_path from upload_pipeline.documents where user_id = any (${userIds})`;
    return rows.map((row) => row.raw_path);
  }

  async function standing(userIds: string[]) {
    const [row] = await sql`
      select count(message_id)::int as in_work,
             count(*) filter (where waiting_for = 'MONTHLY_BUDGET_SPENT')::int as waiting
      from upload_pipeline.upload_jobs where user_id = any (${userIds})`;
    return { ...row };
  }

  it("stops exactly at the user's budget when one user's documents arrive together", async () => {
    await keepWorkersAway();
    await createUser();
    for (let n = 0; n < DOCUMENTS; n++) await register(sql, n);
    await setLimits({
      monthly_budget_cents_per_user: 5.5 * await expectedCents(),
    });

    await arriveAtOnce(await pathsOf([current.userId]));
    const { in_work } = await standing([current.userId]);
    expect(in_work).toBe(5);
    // The sweeper may have set the reason on the waiting jobs by then.
    const [first] = await sql`
      select waiting_for from upload_pipeline.upload_jobs
      where user_id = ${current.userId} and user_queued_at is not null order by user_queued_at limit 1`;
    expect(first.waiting_for).toBe("MONTHLY_BUDGET_SPENT");
  });

  it("stops exactly at the project's budget when several users' documents arrive together", async () => {
    await keepWorkersAway();
    const users: string[] = [];
    for (let n = 0; n < DOCUMENTS; n++) {
      await createUser();
      users.push(current.userId);
      await register(sql, n);
    }
    await setLimits({
      monthly_budget_cents: await committedCents() +
        7.5 * await expectedCents(),
    });

    await arriveAtOnce(await pathsOf(users));
    expect(await standing(users)).toEqual({ in_work: 7, waiting: 9 });

    // A raised budget admits as many documents as it covers, under concurrent calls too.
    await setLimits({
      monthly_budget_cents: await committedCents() +
        4.5 * await expectedCents(),
    });
    await Promise.all(
      Array.from(
        { length: 6 },
        () => sql`select pipeline_internal.advance_user_queues(${users}::uuid[])`,
      ),
    );
    expect(await standing(users)).toEqual({ in_work: 11, waiting: 5 });
  });

  it("records one charge when two workers report it together", async () => {
    await createUser();
    const [{ job_id }] = await register(sql, 0);
    const charges = ["b", "a"].map((key) => ({
      key: `${current.userId}:${key}`,
      purpose: "parse",
      model: "cost_effective",
      quantity: 1,
      job_id,
    }));
    await Promise.all(
      Array.from(
        { length: 10 },
        (_, n) => sql`select pipeline_internal.record_charges(${sql.json(n % 2 ? charges : charges.toReversed())})`,
      ),
    );
    const [{ pages }] = await sql`
      select sum(quantity)::int as pages from pipeline_internal.charges where job_id = ${job_id}`;
    expect(pages).toBe(2);
  });

  it("keeps the totals equal to the sum of the charges when users and documents are deleted", async () => {
    await keepWorkersAway();
    const people: { userId: string; documentId: string; jobId: string }[] = [];
    for (let n = 0; n < 4; n++) {
      await createUser();
      const [{ job_id }] = await register(sql, n);
      const [{ document_id }] = await sql`
        select document_id from upload_pipeline.upload_jobs where job_id = ${job_id}`;
      people.push({
        userId: current.userId,
        documentId: document_id,
        jobId: job_id,
      });
    }
    const [leaving, deleting] = people;

    /** One session's charges to all users, in its own order. */
    async function charge(session: number): Promise<void> {
      for (let call = 0; call < 10; call++) {
        const charges = people.map(({ userId, jobId }, n) => ({
          key: `${userId}:${session}:${call}`,
          purpose: (n + session) % 2 ? "parse" : "embed",
          model: "cost_effective",
          quantity: 1 + n,
          job_id: jobId,
          user_id: userId,
        }));
        await sql`select pipeline_internal.record_charges(${sql.json(session % 2 ? charges : charges.toReversed())})`;
        await sql`
          select pipeline_internal.record_search(${people[session % 4].userId}, 'text-embedding-3-small', 7)`;
      }
    }
    await Promise.all([
      ...Array.from({ length: 8 }, (_, session) => charge(session)),
      sql`select pipeline_internal.delete_document(${deleting.userId}, ${deleting.documentId})`,
      sql`delete from auth.users where id = ${leaving.userId}`,
      sql`select pipeline_internal.compact_charges()`,
    ]);
    // Removes the user from charges that were made after the deletion.
    await sql`select pipeline_internal.compact_charges()`;

    expect([
      ...await sql`
        select day, purpose, model, sum(quantity) as quantity, sum(cents) as cents
        from (
          select day, purpose, model, quantity, cents from pipeline_internal.daily_costs
          union all select day, purpose, model, -quantity, -cents from pipeline_internal.charges) change
        group by day, purpose, model having sum(quantity) <> 0 or sum(cents) <> 0`,
      ...await sql`
        select user_id, month, purpose, sum(quantity) as quantity, sum(cents) as cents
        from (
          select user_id, month, purpose, quantity, cents from pipeline_internal.user_costs
          union all
          select user_id, date_trunc('month', day)::date, purpose, -quantity, -cents
          from pipeline_internal.charges where user_id is not null) change
        group by user_id, month, purpose having sum(quantity) <> 0 or sum(cents) <> 0`,
    ]).toEqual([]);
    const [{ quantity }] = await sql`
      select sum(quantity)::int as quantity from pipeline_internal.user_costs
      where user_id = any (${people.slice(1).map(({ userId }) => userId)})`;
    // The three remaining users have 80 times the charges that name them, plus the searches of sessions 1 to 3 and 5 to 7.
    expect(quantity).toBe(80 * (2 + 3 + 4) + 60 * 7);
  });
});
