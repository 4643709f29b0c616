import type postgres from "postgres";
import { z } from "zod";
import { isOlder } from "../doctor/database.ts";
import { compareMigrations } from "../project/migrations.ts";
import { readMigrations, type Release } from "../project/release.ts";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";

const manifest = z.object({
  pipeline: z.object({
    schemaServesFunctionsSince: z.string().regex(/^\d+\.\d+\.\d+$/),
  }),
});

/**
 * Whether the functions of an earlier release run on the schema that a database has. They do if everything that was
 * released with them is there, and nothing that came later has taken away what they use: a migration only adds, until
 * a later release's removes what no supported release uses any more, and says so in package.json.
 * @param source the state of the code that the database was last deployed from, or a newer one
 * @throws {ErrorWithRemedy} saying why not
 */
export async function checkCompatibility(
  sql: postgres.Sql,
  target: Release,
  source: string,
): Promise<void> {
  const here = await compareMigrations(sql, await readMigrations(source));
  if (here.drift.length > 0) {
    throw new ErrorWithRemedy(
      `This checkout does not know what the database's schema serves: ${
        here.drift.join("; ")
      }.`,
      "Check out the state of the code that was deployed last, or a newer one, and roll back from there.",
    );
  }
  const { pending } = await compareMigrations(sql, target.migrations);
  if (pending.length > 0) {
    throw new ErrorWithRemedy(
      `The functions of ${target.version} need ${
        pending[0]
      }, which the database has not.`,
      `That is no way back: deploy ${target.version} instead.`,
    );
  }
  await checkServed(target.version, source);
}

/** @throws {ErrorWithRemedy} if the schema of a state of the code is said to serve the functions of a version no more */
export async function checkServed(
  version: string,
  source: string,
): Promise<void> {
  const since = await servesSince(source);
  if (isOlder(version, since)) {
    throw new ErrorWithRemedy(
      `The database's schema serves functions from ${since} on; those of ${version} use what it no longer has.`,
      `Roll back to ${since} or newer, or go forward with a correction. The schema itself goes back only from a backup (docs/deploying/disaster-recovery.md).`,
    );
  }
}

async function servesSince(source: string): Promise<string> {
  const text = await Deno.readTextFile(`${source}/package.json`);
  return manifest.parse(JSON.parse(text)).pipeline.schemaServesFunctionsSince;
}
