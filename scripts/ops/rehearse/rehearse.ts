import { checkServed } from "../rollback/compatibility.ts";
import {
  type Deployment,
  FUNCTIONS_STEP,
  inspect,
  planSteps,
  refuseUnmet,
} from "../deploy/deployment.ts";
import { connect } from "../project/database.ts";
import { formatSeconds } from "../../dev/terminal/screen.ts";
import { digestOf } from "../../dev/build/built_functions.mjs";
import { checkAuthGuards } from "../doctor/auth.ts";
import { HOSTED } from "../doctor/finding.ts";
import { examinePipeline } from "../doctor/doctor.ts";
import type { HostedProject } from "../../platform/simulators/management_api/project.ts";
import { type Report, type Step, takeSteps } from "../deploy/progress.ts";
import { buildFunctions } from "../../dev/build/build_functions.ts";
import { prepareRelease } from "../project/release.ts";
import { exportRelease } from "../rollback/released.ts";
import { rollbackSteps } from "../rollback/steps.ts";
import { runSmokeDocument } from "../deploy/smoke.ts";
import { SupabaseCli } from "../../platform/cli/supabase_cli.ts";
import { inspectFunctions } from "./inspect_functions.ts";
import { inspectUpload } from "./inspect_upload.ts";
import { cloneInto, deployPlainly } from "./plain_deployment.ts";
import { tooLarge, uploadSizes } from "./upload_sizes.ts";
import {
  becomeRelease,
  lostRows,
  previousRelease,
  readRows,
} from "./upgrade.ts";
import { type RehearsalPlatform, startRehearsalPlatform } from "./platform.ts";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";
import { REPOSITORY } from "../../dev/repository.ts";

export interface RehearsalOptions {
  /** Holds the `supabase/` to be deployed; this repository by default. */
  source?: string;
  report: Report;
}

/**
 * Deploys to a Supabase on this machine: pristine database, real `db push`, real uploads, and the functions then serve what
 * was uploaded. First with Supabase's commands alone, then with the code of `npm run deploy`; that twice, since a deployment
 * must be repeatable.
 * @throws {ErrorWithRemedy} at the first thing that would not work on a hosted project
 */
export async function rehearse(
  { source = REPOSITORY, report }: RehearsalOptions,
): Promise<void> {
  report("The functions, without the repository around them");
  refuseFaults(await inspectFunctions(source));
  report("✓ each has all that it imports, in one version, and type-checks");
  await using platform = await startRehearsalPlatform();
  report("Supabase's commands alone, in a clone, from nothing");
  await rehearsePlainly(platform, source, report);
  report("A deployment to what they have left");
  await deployTo(
    platform,
    source,
    report,
    (steps) => takeSteps(withInspection(steps, platform), report),
  );
  report("The same again, which must change nothing");
  await deployTo(platform, source, report, refuseChanges);
  await rehearseUpgrade(source, report);
  report("The rehearsal succeeded.");
}

/**
 * The same deployment, to a project on which the release before this one has been at work. Between the migrations and the
 * functions, those of before serve on the new schema, as they do on a hosted project, and as they do after a rollback.
 */
export async function rehearseUpgrade(
  source: string,
  report: Report,
): Promise<void> {
  const before = await previousRelease(source);
  if (!before) {
    report("There is no release before this one to come from, or go back to.");
    return;
  }
  const { version } = before;
  await mustServe(version, () => checkServed(version, source));
  report(`A deployment to what release ${version} has left`);
  await using tree = await exportRelease(source, version);
  await using platform = await startRehearsalPlatform();
  const { databaseUrl } = platform.stack;
  await becomeRelease(platform, tree.directory, before);
  const rows = await readRows(databaseUrl);
  await deployTo(platform, source, report, async (steps, deployment) => {
    await takeSteps(steps.slice(0, 1), report);
    const lost = lostRows(rows, await readRows(databaseUrl));
    if (lost.length > 0) {
      throw new ErrorWithRemedy(
        `The upgrade lost or changed rows: ${lost.join("; ")}`,
        "Correct the migration; rows of users are theirs.",
      );
    }
    report("      ✓ every row is as it was");
    const functions = steps.findIndex(({ title }) => title === FUNCTIONS_STEP);
    await takeSteps(steps.slice(1, functions), report);
    await mustServe(
      version,
      () => serveFromBefore(tree.directory, platform, deployment, report),
    );
    await takeSteps(steps.slice(functions), report);
  });
}

async function serveFromBefore(
  directory: string,
  platform: RehearsalPlatform,
  { environment, keys, sql }: Deployment,
  report: Report,
): Promise<void> {
  await using release = await prepareRelease(directory, environment);
  await buildFunctions(release.directory);
  const cli = new SupabaseCli({
    ...platform.cli,
    directory: release.directory,
  });
  await takeSteps(
    rollbackSteps({ environment, release, cli, keys, sql }),
    report,
  );
}

/** What is said of the schema, or tried on it. @throws {ErrorWithRemedy} if it fails */
async function mustServe(
  version: string,
  attempt: () => Promise<void>,
): Promise<void> {
  try {
    await attempt();
  } catch (error) {
    if (!(error instanceof ErrorWithRemedy)) throw error;
    throw new ErrorWithRemedy(
      `The functions of ${version} do not run on the schema of this release, as they must until its own are live.\n${error.message}`,
      "Let the migration only add. What it removes is for a later release, once the functions of the one before do without (CHANGELOG.md).",
      { cause: error },
    );
  }
}

/**
 * What the documentation calls the plain way, on a pristine project, and what must hold after any deployment.
 * @throws {ErrorWithRemedy} at the first line that fails, or the first requirement that is not met
 */
export async function rehearsePlainly(
  platform: RehearsalPlatform,
  source: string,
  report: Report,
): Promise<void> {
  const { project, environment, stack, secrets } = platform;
  // All that is particular to a rehearsal: simulators stand in for the providers, elsewhere and without HTTPS.
  for (const [name, value] of Object.entries(environment.settings)) {
    project.secrets.set(name, value);
  }
  project.secrets.set("UPLOAD_PIPELINE_ENVIRONMENT", environment.environment);
  const folder = await Deno.makeTempDir({ prefix: "clone-" });
  try {
    await cloneInto(folder, source);
    await deployPlainly(platform, folder, report);
    await inspectUploads(project, report);
    refuseUnmet(
      await examinePipeline({
        url: environment.url,
        databaseUrl: stack.databaseUrl,
        publishableKey: stack.publishableKey,
        settings: { ...environment.settings, ...secrets.functions },
        source: folder,
        plan: environment.plan,
        dataApi: environment.dataApi,
        build: digestOf(folder),
      }, { roundTrips: true }),
    );
    report("✓ the doctor finds every requirement met");
    await takeDocument(platform, report);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function takeDocument(
  { environment, stack }: RehearsalPlatform,
  report: Report,
): Promise<void> {
  const sql = connect(stack.databaseUrl);
  try {
    const seconds = await runSmokeDocument({
      url: environment.url,
      publishableKey: stack.publishableKey,
      secretKey: stack.secretKey,
      sql,
      onProgress: (status) => report(`        ${status}`),
    });
    report(
      `✓ a document is searchable after ${
        formatSeconds(seconds)
      }; deleted again`,
    );
  } finally {
    await sql.end();
  }
}

/**
 * Shows how large each function is as it was sent.
 * @throws {ErrorWithRemedy} if hosted would find that something is missing, or is too much
 */
async function inspectUploads(
  { functions }: HostedProject,
  report: Report,
): Promise<void> {
  const uploads = [...functions.values()].map(({ upload }) => upload);
  for (const line of uploadSizes(uploads)) report(`  ${line}`);
  const faults = await Promise.all(uploads.map(inspectUpload));
  refuseFaults([...faults.flat(), ...tooLarge(uploads)]);
}

async function deployTo(
  platform: RehearsalPlatform,
  source: string,
  report: Report,
  go: (steps: Step[], deployment: Deployment) => Promise<void> | void,
): Promise<void> {
  const { environment, secrets } = platform;
  await using release = await prepareRelease(source, environment);
  await using deployment = await inspect({
    environment,
    environments: [environment, {
      ...environment,
      name: "neighbour",
      projectRef: platform.neighbour.ref,
    }],
    secrets,
    release,
    cli: new SupabaseCli({ ...platform.cli, directory: release.directory }),
  }, report);
  refuseUnmet(deployment.findings);
  await go(planSteps(deployment), deployment);
  const { auth } = platform.project.config;
  refuseUnmet(checkAuthGuards(auth, environment.plan, HOSTED));
}

/** Plans of a project that has been deployed to name what is done each time, and no change. */
function refuseChanges(steps: Step[]): void {
  const changes = steps.flatMap(({ plan }) => plan)
    .filter((change) => /^(apply|set) /.test(change));
  if (changes.length === 0) return;
  throw new ErrorWithRemedy(
    `A second deployment would change something again: ${changes.join("; ")}`,
    "Make the step idempotent.",
  );
}

/** What was uploaded is looked at before anybody calls it: the reason is clearer than what would follow from it. */
function withInspection(
  steps: Step[],
  { project }: RehearsalPlatform,
): Step[] {
  const after = steps.findIndex(({ title }) => title === FUNCTIONS_STEP) + 1;
  return steps.toSpliced(after, 0, {
    title: "Check what was uploaded",
    plan: [],
    async run(report) {
      await inspectUploads(project, report);
      return "each one is whole";
    },
  });
}

function refuseFaults(faults: string[]): void {
  if (faults.length === 0) return;
  throw new ErrorWithRemedy(
    `The functions would not work on a hosted project.\n${faults.join("\n")}`,
    "Everything that they import must be below supabase/functions or in their deno.json.",
  );
}
