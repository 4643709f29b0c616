import postgres from "postgres";

/**
 * Has Auth create its tables in a new database, then grants what Supabase grants on them. It costs one query once that
 * is done, and repeats the work if an earlier attempt was interrupted.
 * @param adminUrl of the superuser
 * @param createTables creates those of Auth's tables that are missing, as supabase_auth_admin
 */
export async function prepareAuthTables(
  adminUrl: string,
  createTables: () => Promise<void>,
): Promise<void> {
  const sql = postgres(adminUrl, { max: 1, onnotice: () => {} });
  try {
    const [done] = await sql`
      select from platform_emulation.finished_steps where step = 'auth'`;
    if (done) return;
    await createTables();
    await sql.file(`${import.meta.dirname}/sql/auth_functions.sql`);
    await sql.file(`${import.meta.dirname}/sql/after_auth.sql`);
  } finally {
    await sql.end();
  }
}
