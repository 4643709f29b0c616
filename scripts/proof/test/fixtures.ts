import { createHash } from "node:crypto";
import postgres from "postgres";

export const DATABASE_TESTS = "supabase/tests/database";
/** The files that the SQL tests share, in load order; they define the schema `tests`. */
const FIXTURES = [
  "fixtures.sql",
  "access/expected_access.sql",
  "access/observed_access.sql",
];

/**
 * Loads the shared files into a database.
 * @param folder that holds the tests
 */
export async function loadFixtures(
  databaseUrl: string,
  folder = DATABASE_TESTS,
): Promise<void> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    for (const file of FIXTURES) await sql.file(`${folder}/${file}`);
  } finally {
    await sql.end();
  }
}

/**
 * Replaces an earlier version of the shared files; does nothing if the database has the present one.
 * @param databaseUrl of the role postgres
 */
export async function renewFixtures(
  databaseUrl: string,
  folder = DATABASE_TESTS,
): Promise<void> {
  const hash = createHash("sha256");
  for (const file of FIXTURES) {
    hash.update(await Deno.readTextFile(`${folder}/${file}`));
  }
  const digest = hash.digest("hex");
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    const [{ loaded }] = await sql`
      select obj_description(to_regnamespace('tests'), 'pg_namespace') as loaded`;
    if (loaded === digest) return;
    await sql`drop schema if exists tests cascade`;
    await loadFixtures(databaseUrl, folder);
    await sql.unsafe(`comment on schema tests is '${digest}'`);
  } finally {
    await sql.end();
  }
}
