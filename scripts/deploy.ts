import { inspect, planSteps, refuseUnmet } from "./deploy/deployment.ts";
import {
  confirm,
  minutesOf,
  projectCommand,
  type ProjectOptions,
  readOperatorInput,
  runCommand,
} from "./deploy/operator.ts";
import { type Step, takeSteps } from "./deploy/progress.ts";
import { prepareRelease } from "./deploy/release.ts";
import { SupabaseCli } from "./deploy/supabase_cli.ts";
import { watchRelease } from "./deploy/watch.ts";

interface DeployOptions extends ProjectOptions {
  dryRun?: boolean;
  yes?: boolean;
  watch?: number;
}

/** `npm run deploy`: checks, shows the plan, then takes the steps; docs/deploy.md tells it in full. */
async function main(): Promise<number> {
  const options = projectCommand(
    "deploy",
    "Deploys the pipeline to a Supabase project. Every step may be repeated.",
  )
    .requiredOption(
      "--project <name>",
      "an environment of supabase/environments.toml, or its project's reference",
    )
    .option("--dry-run", "check and show the plan, and change nothing")
    .option("--yes", "do not ask before changing the project")
    .option(
      "--watch <minutes>",
      "afterwards, watch errors, latency and providers for so long",
      minutesOf,
    )
    .parse(Deno.args, { from: "user" }).opts<DeployOptions>();

  const input = await readOperatorInput(options);
  const { environment, secrets } = input;
  await using release = await prepareRelease(
    options.source,
    environment,
  );
  console.log(
    `Version ${release.version} to ${environment.name} (${environment.url})\n`,
  );
  await using deployment = await inspect({
    ...input,
    release,
    cli: new SupabaseCli({ ...secrets, directory: release.directory }),
  }, console.log);
  refuseUnmet(deployment.findings);
  const steps = planSteps(deployment);
  showPlan(steps);
  if (options.dryRun) {
    console.log("\nA dry run: nothing was changed.");
    return 0;
  }
  confirm(`\nGo ahead on ${environment.name}?`, options.yes ?? false);
  console.log("");
  await takeSteps(steps, console.log);
  console.log(
    `\nVersion ${release.version} is live on ${environment.name}: ${environment.url}/functions/v1/api`,
  );
  return options.watch
    ? await watchRelease(
      deployment.sql,
      environment,
      options.watch,
      console.log,
    )
    : 0;
}

function showPlan(steps: Step[]): void {
  console.log("\nThe plan");
  for (const { title, plan } of steps) {
    console.log(`  ${title}${plan.length === 0 ? "" : ":"}`);
    for (const change of plan) console.log(`    - ${change}`);
  }
}

Deno.exit(await runCommand(main));
