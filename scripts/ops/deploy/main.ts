import { inspect, planSteps, refuseUnmet } from "./deployment.ts";
import { readOperatorInput } from "../project/operator.ts";
import { type Step, takeSteps } from "./progress.ts";
import { prepareRelease } from "../project/release.ts";
import { SupabaseCli } from "../../platform/cli/supabase_cli.ts";
import { watchRelease } from "./watch.ts";
import { changeCommand, type ChangeOptions, confirm, mustBeAnswerable } from "./change_command.ts";
import { runCommand } from "../../dev/terminal/run_command.ts";
import { print, printError } from "../../dev/terminal/print.ts";

/** `npm run deploy`: checks, shows the plan, then takes the steps; see docs/deploying/what-a-deployment-does.md. */
async function main(): Promise<number> {
  const options = changeCommand(
    "deploy",
    "Deploys the pipeline to a Supabase project. Every step can be repeated.",
    {
      dryRun: "checks, and shows the plan without changes",
      watch: "afterwards watches errors, latency and dependencies for this time",
    },
  ).option(
    "--push-settings",
    "sets Auth, the Data API, Storage and database access even if the project holds more than the pipeline",
  ).parse(Deno.args, { from: "user" }).opts<ChangeOptions & { pushSettings?: boolean }>();

  const input = await readOperatorInput(options);
  mustBeAnswerable(options);
  const { environment, secrets } = input;
  await using release = await prepareRelease(
    options.source,
    environment,
  );
  print(
    `Version ${release.version} to ${environment.name} (${environment.url})\n`,
  );
  await using deployment = await inspect({
    ...input,
    release,
    pushesSettings: options.pushSettings,
    cli: new SupabaseCli({ ...secrets, directory: release.directory }),
  }, print);
  refuseUnmet(deployment.findings);
  const steps = planSteps(deployment);
  showPlan(steps);
  if (options.dryRun) {
    print("\nA dry run: nothing was changed.");
    return 0;
  }
  confirm(`\nContinue on ${environment.name}?`, options.yes ?? false);
  print();
  await takeSteps(steps, print);
  print(
    `\nVersion ${release.version} is live on ${environment.name}: ${environment.url}/functions/v1/api`,
  );
  if (!options.watch) return 0;
  const breaches = await watchRelease(
    deployment.sql,
    environment,
    options.watch,
    print,
    options.lookEvery * 1000,
  );
  if (breaches.length === 0) return 0;
  printError(
    `\nRoll this release back:\n  npm run rollback -- --project ${environment.name} --to <the version before>`,
  );
  return 1;
}

function showPlan(steps: Step[]): void {
  print("\nThe plan");
  for (const { title, plan } of steps) {
    print(`  ${title}${plan.length === 0 ? "" : ":"}`);
    for (const change of plan) print(`    - ${change}`);
  }
}

Deno.exit(await runCommand(main));
