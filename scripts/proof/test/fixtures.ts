import { createHash } from "node:crypto";
import postgres from "postgres";

export const DATABASE_TESTS = "supabase/tests/database";
/** What the tests in SQL have in common, in the order in which it is loaded; all of it is in the schema `tests`. */
const FIXTURES = [
  "fixtures.sql",
  "access/expected_access.sql",
  "access/observed_access.sql",
];

/**
 * Loads into a database what its tests have in common.
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
 * Loads it in place of an earlier state of the same files; does nothing if the database has this one.
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
