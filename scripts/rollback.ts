import { resolve } from "node:path";
import { formatSeconds } from "./demo/screen.ts";
import { checkCompatibility } from "./deploy/compatibility.ts";
import { connect } from "./deploy/database.ts";
import { deployFunctions, refuseUnmet, untilMet } from "./deploy/deployment.ts";
import { OperatorError } from "./deploy/errors.ts";
import {
  confirm,
  minutesOf,
  projectCommand,
  type ProjectOptions,
  readOperatorInput,
  runCommand,
} from "./deploy/operator.ts";
import { takeSteps } from "./deploy/progress.ts";
import { findProject, linkProject, readKeys } from "./deploy/project.ts";
import { prepareRelease } from "./deploy/release.ts";
import { exportRelease } from "./deploy/released.ts";
import { runSmokeDocument } from "./deploy/smoke.ts";
import { SupabaseCli } from "./deploy/supabase_cli.ts";
import { watchRelease } from "./deploy/watch.ts";
import { checkServices, checkVersion } from "./doctor/services.ts";

interface RollbackOptions extends ProjectOptions {
  to: string;
  dryRun?: boolean;
  yes?: boolean;
  watch?: number;
}

/** `npm run rollback`: the functions go back to a tagged version; the database and its data stay as they are. */
async function main(): Promise<number> {
  const options = projectCommand(
    "rollback",
    "Brings a project's functions back to an earlier version. The database stays.",
  )
    .requiredOption(
      "--project <name>",
      "an environment of supabase/environments.toml, or its project's reference",
    )
    .requiredOption("--to <version>", "a tagged version, such as 0.1.0")
    .option("--dry-run", "check whether it is possible, and change nothing")
    .option("--yes", "do not ask before changing the project")
    .option(
      "--watch <minutes>",
      "watch the release that is live, and go back only if it crosses a threshold",
      minutesOf,
    )
    .parse(Deno.args, { from: "user" }).opts<RollbackOptions>();
  const version = options.to.replace(/^v/, "");
  const { environment, secrets } = await readOperatorInput(options);
  if (!secrets.databasePassword) {
    throw new OperatorError(
      "SUPABASE_DB_PASSWORD is missing: whether the schema serves that version is looked up in the database.",
      `Put it into .env.${environment.name}.`,
    );
  }

  await using tree = await exportRelease(resolve(options.source), version);
  await using release = await prepareRelease(tree.directory, environment);
  const cli = new SupabaseCli({ ...secrets, directory: release.directory });
  await findProject(cli, environment);
  const keys = await readKeys(cli, environment);
  const sql = connect(
    await linkProject(
      cli,
      environment,
      release.directory,
      secrets.databasePassword,
    ),
  );
  try {
    await checkCompatibility(sql, release, options.source);
    console.log(
      `✓ the schema of ${environment.name} serves the functions of ${version}`,
    );
    if (options.dryRun) {
      console.log("A dry run: nothing was changed.");
      return 0;
    }
    if (options.watch) {
      if (
        await watchRelease(sql, environment, options.watch, console.log) === 0
      ) {
        return 0;
      }
    }
    confirm(
      `Bring ${environment.name} back to ${version}?`,
      options.yes ?? false,
    );
    await takeSteps([
      {
        title: `Deploy the functions of ${version}`,
        plan: [],
        async run() {
          await deployFunctions(cli, environment.projectRef);
          return release.functions.join(", ");
        },
      },
      {
        title: "Check that they are live",
        plan: [],
        async run() {
          const functionsUrl = `${environment.url}/functions/v1`;
          const findings = await untilMet(async () => [
            ...await checkServices(functionsUrl),
            ...await checkVersion(functionsUrl, version),
          ]);
          refuseUnmet(findings);
          return `version ${version} answers`;
        },
      },
      {
        title: "Take a document through the pipeline",
        plan: [],
        async run(report) {
          const seconds = await runSmokeDocument({
            url: environment.url,
            publishableKey: keys.publishable,
            secretKey: keys.secret,
            sql,
            onProgress: report,
          });
          return `searchable after ${formatSeconds(seconds)}; deleted again`;
        },
      },
    ], console.log);
    console.log(`\n${environment.name} is back on version ${version}.`);
    return 0;
  } finally {
    await sql.end({ timeout: 5 });
  }
}

Deno.exit(await runCommand(main));
