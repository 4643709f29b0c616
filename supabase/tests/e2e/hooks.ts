import type postgres from "postgres";
import { afterAll, beforeAll } from "vitest";
import { connect, llamaparse, openai, waitUntilIdle } from "./harness.ts";

/** Connects for the tests of a file or describe, and disconnects after all its other hooks. */
export function useDatabase(): postgres.Sql {
  const sql = connect();
  afterAll(() => sql.end());
  return sql;
}

/** Connects, waits until the work of earlier tests is finished, and resets the providers' faults and logs. */
export function useIdleStack(): postgres.Sql {
  const sql = useDatabase();
  beforeAll(async () => {
    await resetProviders();
    await waitUntilIdle(sql);
    await resetProviders();
  });
  return sql;
}

export async function resetProviders(): Promise<void> {
  await Promise.all([llamaparse.reset(), openai.reset()]);
}

/** Allows these file types, by extension, until the tests of the file or describe are over. */
export function useFileTypes(sql: postgres.Sql, extensions: string[]): void {
  const allow = (extensions: string[]) => sql`select pipeline_internal.allow_file_types(${extensions})`;
  let before: string[];
  beforeAll(async () => {
    [{ before }] = await sql<[{ before: string[] }]>`
      select array_agg(extension) as before from pipeline_internal.file_types t, pipeline_internal.limits l
      where t.mime = any (l.allowed_mime_types)`;
    await allow(extensions);
  });
  afterAll(() => allow(before));
}
