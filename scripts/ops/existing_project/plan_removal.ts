import type { ChangePlan, PlannedWrite } from "./change_plan.ts";
import { unmergeConfig } from "./config_edits.ts";
import { FOLDER, type Manifest } from "../project/manifest.ts";
import { nameMigrations } from "./migration_names.ts";
import { sha256 } from "./pipeline_release.ts";
import { CONFIG, filesBelow, MIGRATIONS, type ProjectState } from "./project_state.ts";
import { removalMigration } from "./removal_migration.ts";
import { isUntouched, LOCAL_VAULT, readSecretsText, SECRETS, VAULT } from "./secrets_file.ts";

export interface RemovalOptions {
  /** No database has the migrations: their files are removed, instead of a migration that drops what they made. */
  unapplied?: boolean;
  queues: string[];
  /** Migrations that a database has, if one was asked. */
  applied?: string[];
}

const REMOVAL = "00000000000000_remove.sql";

/** Plans what `npm run remove` does. It reads only. */
export async function planRemoval(
  project: ProjectState,
  manifest: Manifest,
  { unapplied, queues, applied = [] }: RemovalOptions,
): Promise<ChangePlan> {
  const removals: string[] = [];
  const kept: string[] = [];
  const writes: PlannedWrite[] = [];
  const removeUnedited = async (path: string, digest: string) => {
    const text = await project.read(path);
    if (text === undefined) return;
    if (sha256(text) === digest) removals.push(path);
    else kept.push(`${path} was edited and stays`);
  };
  for (const [path, digest] of Object.entries(manifest.files)) {
    // It keeps secrets out of git as long as there are some.
    if (!path.startsWith(`${FOLDER}/`)) await removeUnedited(path, digest);
  }
  let removal = manifest.removal;
  if (unapplied) {
    for (const { file, sha256: digest } of manifest.migrations) await removeUnedited(`${MIGRATIONS}/${file}`, digest);
  } else {
    const present = new Map(project.migrations.map(({ name, sql }) => [name, sql]));
    const own = manifest.migrations.filter(({ file }) => present.has(file));
    removal ??= nameMigrations([...present.keys(), ...applied], [REMOVAL]).get(REMOVAL)!;
    if (own.length > 0 && !present.has(removal)) {
      const migrations = own.map(({ file }) => ({ name: file, sql: present.get(file)! }));
      writes.push({
        path: `${MIGRATIONS}/${removal}`,
        text: removalMigration({ migrations, queues }),
        does: "add",
      });
    }
  }
  const config = unmergeConfig(project.config, manifest.config.insertions, manifest.config, CONFIG);
  kept.push(...config.kept.map((sentence) => `${CONFIG}: ${sentence}`));
  if (config.text !== project.config) {
    writes.push({
      path: CONFIG,
      text: config.text,
      before: project.config,
      does: "remove",
      lines: manifest.config.insertions.flatMap(({ text }) => text.trim().split(/\r?\n/)),
    });
  }
  removals.push(...await ownFolder(project, kept));
  return {
    writes,
    removals,
    conflicts: [],
    kept,
    notes: [],
    journal: { ...manifest, unfinished: "remove", removal },
  };
}

/** The pipeline's folder, but for secrets that the operator has entered. */
async function ownFolder({ root, read }: ProjectState, kept: string[]): Promise<string[]> {
  const removals: string[] = [];
  for (const path of await filesBelow(root, `${FOLDER}/new`)) removals.push(path);
  const secrets = await read(SECRETS);
  const isEdited = secrets !== undefined && !isUntouched(secrets);
  if (isEdited) {
    const keys = Object.keys(readSecretsText(secrets)).length;
    kept.push(`${SECRETS} was edited and stays: it has ${keys} values, which no other file may have`);
    return [...removals, VAULT, LOCAL_VAULT];
  }
  return [...removals, SECRETS, VAULT, LOCAL_VAULT, `${FOLDER}/.gitignore`];
}
