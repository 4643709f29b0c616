import type postgres from "postgres";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";
import { isOlder } from "../doctor/database.ts";
import { applyPlan, type OnStep, refuseObstacles, withProjectLock } from "./apply_plan.ts";
import { type ChangePlan, isNothingToDo } from "./change_plan.ts";
import type { ProjectCommandName, ProjectCommandOptions } from "./commands.ts";
import { objectsOf } from "./conflicts.ts";
import { readDatabaseFacts } from "./database_conflicts.ts";
import { readLosses } from "./losses.ts";
import type { Manifest } from "../project/manifest.ts";
import type { PipelineRelease } from "./pipeline_release.ts";
import { planAddition } from "./plan_addition.ts";
import { planRemoval } from "./plan_removal.ts";
import { findProjectFolder, type ProjectFolder } from "./project_folder.ts";
import { type ProjectState, readProject } from "./project_state.ts";
import { describeLosses, describePlan, describeRemarks, nextSteps, removalSteps } from "./report.ts";
import { SECRETS } from "./secrets_file.ts";

export interface ChangeInput {
  command: ProjectCommandName;
  path: string;
  options: ProjectCommandOptions;
  release: PipelineRelease;
  /** This repository. */
  repository: string;
  /** The caller's folder. */
  cwd: string;
  /** A connection to the database that the caller has named. */
  sql?: postgres.Sql;
  print(line: string): void;
  onStep?: OnStep;
}

/**
 * Runs `npm run init`, `npm run upgrade` or `npm run remove`.
 * @returns the exit code: 1 if something was kept that differs from the release
 * @throws {ErrorWithRemedy} if the change is refused; then nothing was written
 */
export async function changeProject(input: ChangeInput): Promise<number> {
  const folder = await findProjectFolder(input.path, input.cwd, input.repository);
  if (input.options.dryRun) return await change(folder, input);
  // The first look is without a lock, so that a project which is refused is left as it is.
  await refuseObstacles(folder.root, await planOf(await readProject(folder), input));
  return await withProjectLock(folder.root, () => change(folder, input));
}

async function change(folder: ProjectFolder, input: ChangeInput): Promise<number> {
  const { command, options, release, print } = input;
  const project = await readProject(folder);
  const plan = await planOf(project, input);
  await refuseObstacles(folder.root, plan);
  const exitCode = plan.kept.length > 0 ? 1 : 0;
  if (isNothingToDo(plan)) {
    print(`Nothing to do: ${folder.shown} has the pipeline ${release.version}.`);
    for (const line of describeRemarks(plan)) print(line);
    return exitCode;
  }
  print(headline(input, project));
  for (const line of describePlan(plan)) print(line);
  for (const line of describeRemarks(plan)) print(line);
  if (command === "remove") { for (const line of describeLosses(await ask(() => readLosses(input.sql)))) print(line); }
  if (options.dryRun) {
    print("\nA dry run: nothing was changed.");
    return exitCode;
  }
  await applyPlan(folder.root, plan, project.manifestText, input.onStep);
  print("\nDone.");
  for (const line of stepsAfter(input, project, plan)) print(line);
  return exitCode;
}

function headline({ command, release, options }: ChangeInput, { shown, manifest }: ProjectState): string {
  const would = options.dryRun ? "Would be changed" : "Changing";
  if (command === "remove") return `${would} in ${shown}, to remove the pipeline ${manifest!.release}:`;
  if (command === "init" || manifest!.release === release.version) {
    return `${would} in ${shown}, for the pipeline ${release.version}:`;
  }
  return `${would} in ${shown}, from the pipeline ${manifest!.release} to ${release.version}:`;
}

function stepsAfter(input: ChangeInput, project: ProjectState, plan: ChangePlan): string[] {
  const { command, options, release, cwd } = input;
  if (command === "remove") {
    const functions = project.manifest!.config.functions;
    return removalSteps(project, functions, { unapplied: options.unapplied ?? false, cwd });
  }
  const secrets = plan.writes.some(({ path }) => path === SECRETS);
  return nextSteps(project, release, { secrets, cwd });
}

async function planOf(project: ProjectState, { command, options, release, sql }: ChangeInput): Promise<ChangePlan> {
  if (command === "remove") {
    const manifest = expectManifest(project, "There is nothing to remove.");
    const applied = sql ? (await ask(() => readDatabaseFacts(sql, []))).applied : [];
    if (options.unapplied) refuseApplied(manifest, applied);
    return await planRemoval(project, manifest, { unapplied: options.unapplied, queues: release.queues, applied });
  }
  refuseOtherCommand(project, command, release);
  const database = sql ? await ask(() => readDatabaseFacts(sql, objectsOf(release))) : undefined;
  return await planAddition(project, release, { ...options, command, database });
}

function expectManifest({ manifest, shown }: ProjectState, why: string): Manifest {
  if (manifest) return manifest;
  throw new ErrorWithRemedy(`${shown} does not have the pipeline. ${why}`, `To add it: npm run init -- ${shown}`);
}

/** @throws {ErrorWithRemedy} if another command, or another release, is the right one */
function refuseOtherCommand(project: ProjectState, command: "init" | "upgrade", release: PipelineRelease): void {
  const { manifest, shown } = project;
  if (command === "upgrade") expectManifest(project, "There is nothing to upgrade.");
  if (!manifest) return;
  if (manifest.unfinished && manifest.unfinished !== command) {
    throw new ErrorWithRemedy(
      `npm run ${manifest.unfinished} was interrupted in ${shown}.`,
      `Complete it first: npm run ${manifest.unfinished} -- ${shown}`,
    );
  }
  if (isOlder(release.version, manifest.release)) {
    throw new ErrorWithRemedy(
      `${shown} has the pipeline ${manifest.release}; this is ${release.version}, which is older.`,
      `Migrations only go forward. Use ${manifest.release} or a newer release of the pipeline.`,
      { code: "downgrade" },
    );
  }
  if (
    command === "init" && !manifest.unfinished &&
    (release.version !== manifest.release || release.build !== manifest.build)
  ) {
    throw new ErrorWithRemedy(
      `${shown} has the pipeline ${manifest.release} already, from ${
        release.version === manifest.release ? "other sources" : "an earlier release"
      }.`,
      `To bring it to ${release.version}: npm run upgrade -- ${shown}`,
    );
  }
}

/** @throws {ErrorWithRemedy} if the named database has migrations of the pipeline */
function refuseApplied({ migrations }: Manifest, applied: string[]): void {
  const versions = new Set(applied.map((name) => name.split("_")[0]));
  const found = migrations.filter(({ file }) => versions.has(file.split("_")[0]));
  if (found.length === 0) return;
  throw new ErrorWithRemedy(
    `The database has ${found.length} of the pipeline's migrations.`,
    "Nothing was written. Leave out --unapplied: a migration then drops what they made.",
  );
}

/** @throws {ErrorWithRemedy} if the database does not answer */
async function ask<T>(question: () => Promise<T>): Promise<T> {
  try {
    return await question();
  } catch (error) {
    throw new ErrorWithRemedy(
      `The database does not answer: ${error instanceof Error ? error.message : error}`,
      "Nothing was written. Correct --database-url (or PROJECT_DATABASE_URL), or leave it out.",
      { cause: error },
    );
  }
}
