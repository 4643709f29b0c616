import { resolve } from "node:path";
import { checkCompatibility } from "./compatibility.ts";
import { connect } from "../project/database.ts";
import { readOperatorInput } from "../project/operator.ts";
import { takeSteps } from "../deploy/progress.ts";
import { findProject, linkProject, readKeys } from "../project/project.ts";
import { buildFunctions, describeSizes } from "../../dev/build/build_functions.ts";
import { prepareRelease } from "../project/release.ts";
import { exportRelease } from "./released.ts";
import { rollbackSteps } from "./steps.ts";
import { SupabaseCli } from "../../platform/cli/supabase_cli.ts";
import { watchRelease } from "../deploy/watch.ts";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";
import { type ChangeOptions, confirm, mustBeAnswerable } from "../deploy/change_command.ts";
import { print } from "../../dev/terminal/print.ts";

export interface RollbackOptions extends ChangeOptions {
  to: string;
}

/** The exit code of a watch that ended in a rollback. */
const WENT_BACK = 3;

/**
 * Checks that the schema serves the version, and deploys its functions; with `watch`, only if the live release exceeds
 * a threshold.
 * @returns the exit code
 */
export async function rollBack(options: RollbackOptions): Promise<number> {
  const version = options.to.replace(/^v/, "");
  const { environment, secrets } = await readOperatorInput(options);
  mustBeAnswerable(options);
  if (!secrets.databasePassword) {
    throw new ErrorWithRemedy(
      "SUPABASE_DB_PASSWORD is missing; checking the schema needs it.",
      `Add it to .env.${environment.name}.`,
    );
  }

  await using tree = await exportRelease(resolve(options.source), version);
  await using release = await prepareRelease(tree.directory, environment);
  const cli = new SupabaseCli({ ...secrets, directory: release.directory });
  await findProject(cli, environment);
  const [keys, databaseUrl] = await Promise.all([
    readKeys(cli, environment),
    linkProject(
      cli,
      environment,
      release.directory,
      secrets.databasePassword,
    ),
  ]);
  const sql = connect(databaseUrl);
  try {
    await checkCompatibility(sql, release, options.source);
    print(
      `✓ the schema of ${environment.name} serves the functions of ${version}`,
    );
    const sizes = await buildFunctions(release.directory);
    print(`✓ all functions are built: ${describeSizes(sizes)}`);
    if (options.dryRun) {
      print("A dry run: nothing was changed.");
      return 0;
    }
    const { watch, lookEvery } = options;
    // Asked before the watch, so that the operator need not wait for its end.
    confirm(
      watch
        ? `Watch ${environment.name}, and roll back to ${version} if it exceeds a threshold?`
        : `Bring ${environment.name} back to ${version}?`,
      options.yes ?? false,
    );
    if (watch) {
      const breaches = await watchRelease(
        sql,
        environment,
        watch,
        print,
        lookEvery * 1000,
      );
      if (breaches.length === 0) return 0;
    }
    await takeSteps(
      rollbackSteps({ environment, release, cli, keys, sql }),
      print,
    );
    print(`\n${environment.name} runs version ${version} again.`);
    return watch ? WENT_BACK : 0;
  } finally {
    await sql.end({ timeout: 5 });
  }
}
