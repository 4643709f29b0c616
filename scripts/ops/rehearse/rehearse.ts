import { checkServed } from "../rollback/compatibility.ts";
import { type Deployment, FUNCTIONS_STEP, inspect, planSteps, refuseUnmet } from "../deploy/deployment.ts";
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
import { becomeRelease, lostRows, previousRelease, readRows } from "./upgrade.ts";
import { type RehearsalPlatform, startRehearsalPlatform } from "./platform.ts";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";
import { REPOSITORY } from "../../dev/repository.ts";

export interface RehearsalOptions {
  /** The folder with the `supabase/` to deploy; this repository by default. */
  source?: string;
  report: Report;
}

/**
 * Deploys to a Supabase on this machine: new database, real `db push`, real uploads, and the functions then run from
 * the uploads. First with Supabase's commands alone, then with the code of `npm run deploy`, twice, because a
 * deployment must be repeatable.
 * @throws {ErrorWithRemedy} at the first step that would fail on a hosted project
 */
export async function rehearse(
  { source = REPOSITORY, report }: RehearsalOptions,
): Promise<void> {
  report("The functions without the repository");
  refuseFaults(await inspectFunctions(source));
  report("✓ each has all its imports, in exact versions, and type-checks");
  await using platform = await startRehearsalPlatform();
  report("Deployment of a new project with Supabase's commands, in a clone");
  await rehearsePlainly(platform, source, report);
  report("Deployment to the same project with npm run deploy");
  await deployTo(
    platform,
    source,
    report,
    (steps) => takeSteps(withInspection(steps, platform), report),
  );
  report("Repeated deployment, which must change nothing");
  await deployTo(platform, source, report, refuseChanges);
  await rehearseUpgrade(source, report);
  report("The rehearsal succeeded.");
}

/**
 * The same deployment to a project with the previous release. Between migrations and functions, the previous functions
 * run on the new schema, as during a hosted deployment and after a rollback.
 */
export async function rehearseUpgrade(
  source: string,
  report: Report,
): Promise<void> {
  const before = await previousRelease(source);
  if (!before) {
    report(
      "There is no release before this one to upgrade from or to roll back to.",
    );
    return;
  }
  const { version } = before;
  await mustServe(version, () => checkServed(version, source));
  report(`Deployment to a project with release ${version}`);
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
        "Correct the migration; it must keep users' rows.",
      );
    }
    report("      ✓ all rows are unchanged");
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

/** Checks a declaration or a trial of the schema. @throws {ErrorWithRemedy} if it fails */
async function mustServe(
  version: string,
  attempt: () => Promise<void>,
): Promise<void> {
  try {
    await attempt();
  } catch (error) {
    if (!(error instanceof ErrorWithRemedy)) throw error;
    throw new ErrorWithRemedy(
      `The functions of ${version} do not run on the schema of this release, as they must until its functions are live.\n${error.message}`,
      "Migrations may only add. Remove things in a later release, once the previous release's functions no longer use them (CHANGELOG.md).",
      { cause: error },
    );
  }
}

/**
 * The documented plain deployment to a new project, and the requirements after any deployment.
 * @throws {ErrorWithRemedy} at the first failing line or unmet requirement
 */
export async function rehearsePlainly(
  platform: RehearsalPlatform,
  source: string,
  report: Report,
): Promise<void> {
  const { project, environment, stack, secrets } = platform;
  // Differences of a rehearsal: simulators replace the providers, at other URLs and without HTTPS.
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
    report("✓ the doctor finds all requirements met");
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
      `✓ a document is searchable after ${formatSeconds(seconds)}; deleted again`,
    );
  } finally {
    await sql.end();
  }
}

/**
 * Shows the uploaded size of each function.
 * @throws {ErrorWithRemedy} if hosted would find a file missing or an upload too large
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

/** Step plans of a deployed project name repeated actions, and no change. */
function refuseChanges(steps: Step[]): void {
  const changes = steps.flatMap(({ plan }) => plan)
    .filter((change) => /^(apply|set) /.test(change));
  if (changes.length === 0) return;
  throw new ErrorWithRemedy(
    `A second deployment would repeat changes: ${changes.join("; ")}`,
    "Make the step idempotent.",
  );
}

/** Uploads are inspected before they are called: the error is clearer than its consequences. */
function withInspection(
  steps: Step[],
  { project }: RehearsalPlatform,
): Step[] {
  const after = steps.findIndex(({ title }) => title === FUNCTIONS_STEP) + 1;
  return steps.toSpliced(after, 0, {
    title: "Check the uploads",
    plan: [],
    async run(report) {
      await inspectUploads(project, report);
      return "all are complete";
    },
  });
}

function refuseFaults(faults: string[]): void {
  if (faults.length === 0) return;
  throw new ErrorWithRemedy(
    `The functions would not work on a hosted project.\n${faults.join("\n")}`,
    "All imports must be below supabase/functions or in their deno.json.",
  );
}
