import type { Sql } from "../_shared/database.ts";
import type { Storage } from "../_shared/storage.ts";

/** Storage removes up to 1,000 objects a call. */
const MOST = 500;

/**
 * Has Storage remove the files that the database says nobody needs any more.
 * @returns how many; the rest is for the next call
 */
export async function removeFiles(
  sql: Sql,
  storage: Pick<Storage, "remove">,
): Promise<number> {
  const rows = await sql<{ path: string }[]>`
    select path from pipeline_internal.file_removals order by requested_at limit ${MOST}`;
  const paths = rows.map((row) => row.path);
  if (paths.length === 0) return 0;
  // First the files: a removal that is repeated does no harm, one that is forgotten leaves them for ever.
  await storage.remove(paths);
  await sql`delete from pipeline_internal.file_removals where path = any(${paths}::text[])`;
  return paths.length;
}
