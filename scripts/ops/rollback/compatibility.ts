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
 * Checks that the functions of an earlier release run on the database's schema. They do if the schema has everything
 * that was released with them, and no later migration removed what they use: migrations only add, until a later release
 * removes what no supported release uses and declares it in package.json.
 * @param source the state of the code that the database was last deployed from, or a newer one
 * @throws {ErrorWithRemedy} with the reason
 */
export async function checkCompatibility(
  sql: postgres.Sql,
  target: Release,
  source: string,
): Promise<void> {
  const here = await compareMigrations(sql, await readMigrations(source));
  if (here.drift.length > 0) {
    throw new ErrorWithRemedy(
      `This checkout does not know the database's schema: ${here.drift.join("; ")}.`,
      "Check out the state of the code that was deployed last, or a newer one, and roll back from there.",
    );
  }
  const { pending } = await compareMigrations(sql, target.migrations);
  if (pending.length > 0) {
    throw new ErrorWithRemedy(
      `The functions of ${target.version} need ${pending[0]}, which the database has not.`,
      `A rollback is impossible: deploy ${target.version} instead.`,
    );
  }
  await checkServed(target.version, source);
}

/** @throws {ErrorWithRemedy} if this state of the code declares that its schema no longer serves the version's functions */
export async function checkServed(
  version: string,
  source: string,
): Promise<void> {
  const since = await servesSince(source);
  if (isOlder(version, since)) {
    throw new ErrorWithRemedy(
      `The database's schema serves functions from ${since} on; those of ${version} use removed parts.`,
      `Roll back to ${since} or newer, or deploy a correction. The schema itself can only be restored from a backup (docs/deploying/disaster-recovery.md).`,
    );
  }
}

async function servesSince(source: string): Promise<string> {
  const text = await Deno.readTextFile(`${source}/package.json`);
  return manifest.parse(JSON.parse(text)).pipeline.schemaServesFunctionsSince;
}
