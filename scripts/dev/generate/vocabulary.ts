import type postgres from "postgres";
import type { Product, Sources } from "./product.ts";

/** The statuses of a document's job, in their order. */
export async function readStatuses(sql: postgres.Sql): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    select status as name from upload_pipeline.statuses order by ctid`;
  return namesOf(rows);
}

/** The states of a job. */
export async function readStates(sql: postgres.Sql): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    select s.name[1] as name
    from pg_constraint c
    cross join regexp_matches(pg_get_constraintdef(c.oid), '''([a-z]+)''::text', 'g') with ordinality s (name, n)
    where c.conrelid = 'upload_pipeline.upload_jobs'::regclass and c.conname = 'upload_jobs_state_check'
    order by s.n`;
  return namesOf(rows);
}

/** supabase/functions/_shared/vocabulary.ts: the statuses, states and stages that the migrations declare. */
export async function vocabulary({ sql }: Sources): Promise<Product> {
  const statuses = await readStatuses(sql);
  const states = await readStates(sql);
  const stages = await sql<{ name: string }[]>`
    select s.stage as name from pipeline_internal.stages s
    join upload_pipeline.statuses e on e.status = s.entry_status order by e.total_pct`;
  return {
    path: "supabase/functions/_shared/vocabulary.ts",
    text: `// Written by npm run generate from the database's own words. Change the migrations, not this file.

/** The statuses of a document's job: \`upload_pipeline.statuses\`. */
export const STATUSES = ${list(statuses)};
export type Status = typeof STATUSES[number];

/** The states of a job: whether it waits, is worked on, failed for now, or is over. */
export const STATES = ${list(states)};
export type State = typeof STATES[number];

/** The stages, in the order in which a document passes through them: \`pipeline_internal.stages\`. */
export const STAGES = ${list(namesOf(stages))};
export type StageName = typeof STAGES[number];
`,
  };
}

function namesOf(rows: { name: string }[]): string[] {
  if (rows.length === 0) throw new Error("The database has no such words.");
  return rows.map(({ name }) => name);
}

function list(names: string[]): string {
  return `${JSON.stringify(names)} as const`;
}
