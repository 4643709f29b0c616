import type postgres from "postgres";
import { afterEach } from "vitest";

type Limits = Record<string, number | string | boolean | null>;

/** Returns a function that changes limits until the running test ends; `restore` ends the changes earlier. */
export function useLimits(sql: postgres.Sql) {
  let before: Limits = {};
  const update = (limits: Limits) => sql`update pipeline_internal.limits set ${sql(limits)}`;

  async function setLimits(changed: Limits): Promise<void> {
    const [present] = await sql<Limits[]>`
      select ${sql(Object.keys(changed))} from pipeline_internal.limits`;
    before = { ...present, ...before };
    await update(changed);
  }

  async function restore(): Promise<void> {
    const changed = before;
    before = {};
    if (Object.keys(changed).length > 0) await update(changed);
  }

  afterEach(restore);
  return Object.assign(setLimits, { restore });
}
