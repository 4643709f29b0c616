import type postgres from "postgres";

/** The statuses between which a document is in a stage, by its events. */
export const STAGE_SPANS = [
  { name: "parse", from: "uploaded", to: "parse_queued" },
  { name: "fetch_result", from: "parse_queued", to: "parse_validated" },
  { name: "chunk", from: "parse_validated", to: "embedding_queued" },
  { name: "embed", from: "embedding_queued", to: "complete" },
  { name: "all four", from: "uploaded", to: "complete" },
] as const;

/** Each document's time in each stage, including waiting, in milliseconds. */
export async function readStageTimes(
  sql: postgres.Sql,
  documentIds: string[],
): Promise<Map<string, number[]>> {
  const times = new Map<string, number[]>();
  for (const { name, from, to } of STAGE_SPANS) {
    const rows = await sql<{ ms: number }[]>`
      select (extract(epoch from max(created_at) filter (where status = ${to})
                               - min(created_at) filter (where status = ${from})) * 1000)::float8 as ms
      from upload_pipeline.events
      where document_id = any (${documentIds}::uuid[]) and type = 'status'
      group by document_id`;
    times.set(name, rows.map(({ ms }) => ms));
  }
  return times;
}
