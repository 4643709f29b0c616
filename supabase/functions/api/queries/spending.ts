import type { Sql } from "../../_shared/database.ts";
import type { Result } from "../../_shared/database.types.ts";

/** A user's monthly budget and what has been spent of it, in US cents. */
export interface MonthlyBudget {
  monthly_cents: number;
  spent_cents: number;
  /** The reservations of active documents. */
  reserved_cents: number;
  resets_at: Date;
}

/** Null if the user has no budget. */
export async function monthlyBudget(
  sql: Sql,
  userId: string,
): Promise<MonthlyBudget | null> {
  const [row] = await sql<Result<"pipeline_internal", "budget_summary">[]>`
    select monthly_cents, spent_cents, reserved_cents, resets_at
    from pipeline_internal.budget_summary(${userId}::uuid)`;
  return row
    ? {
      monthly_cents: Number(row.monthly_cents),
      spent_cents: Number(row.spent_cents),
      reserved_cents: Number(row.reserved_cents),
      resets_at: row.resets_at,
    }
    : null;
}

/** Whether the user's and the project's budgets cover another question. */
export async function mayEmbedQuestion(
  sql: Sql,
  userId: string,
): Promise<boolean> {
  const [{ allowed }] = await sql<{ allowed: boolean }[]>`
    select not exists (
      select from pipeline_internal.exceeded_budget(
        ${userId}::uuid, pipeline_internal.expected_cents(0, 1))) as allowed`;
  return allowed;
}

/** Records what embedding the user's question cost. */
export async function recordQuestion(
  sql: Sql,
  userId: string,
  model: string,
  tokens: number,
): Promise<void> {
  await sql`
    select pipeline_internal.record_search(${userId}::uuid, ${model}, ${tokens}::bigint)`;
}
