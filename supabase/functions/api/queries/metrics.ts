import type { Sql } from "../../_shared/database.ts";

/** A sample of a metric; a histogram's names end in `_bucket`, `_sum` and `_count`. */
export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

export async function metricSamples(sql: Sql): Promise<Sample[]> {
  const rows = await sql`
    select name, labels, value from pipeline_internal.metric_samples()`;
  return rows.map(({ name, labels, value }) => ({ name, labels, value }));
}
