import type { Sql } from "../../_shared/database.ts";

/** Null if the user's password shows who they are; else, since it was changed just now, from when on it does. */
export async function passwordProvesFrom(
  sql: Sql,
  userId: string,
): Promise<Date | null> {
  const [{ proves_from }] = await sql`
    select pipeline_internal.password_proves_from(${userId}::uuid) as proves_from`;
  return proves_from as Date | null;
}
