import { join } from "node:path";
import { MANIFEST, type Manifest, parseManifest } from "../project/manifest.ts";
import { versionOf } from "./migration_names.ts";
import type { ProjectFolder } from "./project_folder.ts";
import { readProjectFile } from "./project_files.ts";

export interface SqlFile {
  name: string;
  sql: string;
}

/** What a project's `supabase/` holds. */
export interface ProjectState extends ProjectFolder {
  config: string;
  /** In the order in which they are applied. */
  migrations: SqlFile[];
  /** Declarative schemas (`supabase/schemas`), from which `supabase db diff` writes migrations. */
  schemas: SqlFile[];
  /** The names in `supabase/functions`. */
  functions: string[];
  /** Undefined if the pipeline was never added. */
  manifest?: Manifest;
  manifestText?: string;
  /** The project's reference, if `supabase link` has stored one. */
  projectRef?: string;
  read(path: string): Promise<string | undefined>;
}

export const CONFIG = "supabase/config.toml";
export const MIGRATIONS = "supabase/migrations";
export const FUNCTIONS = "supabase/functions";

/** @throws {ErrorWithRemedy} if a file cannot be read or is damaged */
export async function readProject({ root, shown }: ProjectFolder): Promise<ProjectState> {
  const read = (path: string) => readProjectFile(root, path);
  const sqlFiles = async (folder: string, isWanted: (name: string) => boolean): Promise<SqlFile[]> =>
    await Promise.all(
      (await namesIn(root, folder)).filter(isWanted).sort()
        .map(async (name) => ({ name, sql: await read(`${folder}/${name}`) ?? "" })),
    );
  const manifestText = await read(MANIFEST);
  return {
    root,
    shown,
    config: await read(CONFIG) ?? "",
    migrations: await sqlFiles(MIGRATIONS, (name) => versionOf(name) !== undefined),
    schemas: await sqlFiles("supabase/schemas", (name) => name.endsWith(".sql")),
    functions: await namesIn(root, FUNCTIONS),
    manifest: manifestText === undefined ? undefined : parseManifest(manifestText, join(root, MANIFEST)),
    manifestText,
    projectRef: (await read("supabase/.temp/project-ref"))?.trim() || undefined,
    read,
  };
}

/** Empty if there is no such folder. */
export async function namesIn(root: string, folder: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(join(root, folder)))).map(({ name }) => name).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return [];
    throw error;
  }
}

/** Every file below a folder, by its path. */
export async function filesBelow(root: string, folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of await namesIn(root, folder)) {
    const path = `${folder}/${name}`;
    const below = await filesBelow(root, path);
    found.push(...below.length > 0 ? below : [path]);
  }
  return found;
}
