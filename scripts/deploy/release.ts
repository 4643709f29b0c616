import { cp } from "node:fs/promises";
import { resolve } from "node:path";
import { bundleFunctions, megabytes } from "./bundle.ts";
import type { Environment } from "./environments.ts";

/** What is deployed: a folder of its own that holds `supabase/`, as it is in the source and set for one environment. */
export interface Release extends AsyncDisposable {
  directory: string;
  /** As the API's health tells it. */
  version: string;
  functions: string[];
  migrations: MigrationFile[];
}

export interface MigrationFile {
  version: string;
  /** Of the file. */
  name: string;
  sql: string;
}

/** The file that a function becomes. */
const BUNDLE = "index.js";

/** What the CLI needs of `supabase/`; tests and the CLI's own notes stay behind. */
const PARTS = ["config.toml", "functions", "migrations"];

/**
 * Copies a source's `supabase/` aside, so that the CLI's notes about one project (`supabase link` leaves some) never meet
 * another's, and adds to `config.toml` what is particular to the environment.
 * @param source also holds the packages that the functions import, in `node_modules`
 */
export async function prepareRelease(
  source: string,
  environment: Environment,
): Promise<Release> {
  const directory = await Deno.makeTempDir({ prefix: "release-" });
  const remove = () => Deno.remove(directory, { recursive: true });
  try {
    for (const part of PARTS) {
      await cp(`${source}/supabase/${part}`, `${directory}/supabase/${part}`, {
        recursive: true,
      });
    }
    await Deno.symlink(
      resolve(source, "node_modules"),
      `${directory}/node_modules`,
    );
    const functions = await readFunctions(directory);
    await Deno.writeTextFile(
      `${directory}/supabase/config.toml`,
      remoteSettings(environment, functions),
      { append: true },
    );
    return {
      directory,
      version: await readVersion(directory),
      functions,
      migrations: await readMigrations(directory),
      [Symbol.asyncDispose]: remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** The CLI takes the block whose project is the one that it works on over the rest of the file. */
function remoteSettings(
  { name, projectRef, siteUrl, confirmEmails }: Environment,
  functions: string[],
): string {
  const entrypoints = functions.map((each) => `
[remotes.${name}.functions.${each}]
entrypoint = "./functions/${each}/${BUNDLE}"
`);
  return `
[remotes.${name}]
project_id = ${JSON.stringify(projectRef)}

[remotes.${name}.auth]
site_url = ${JSON.stringify(siteUrl)}

[remotes.${name}.auth.email]
enable_confirmations = ${confirmEmails}
${entrypoints.join("")}`;
}

/**
 * Puts one file a function in the place of the sources: what will be uploaded.
 * @returns how large each one is, in words
 * @throws {OperatorError} if one is not whole or too large
 */
export async function buildFunctions(
  { directory, functions }: Release,
): Promise<string> {
  const folder = `${directory}/supabase/functions`;
  const bundles = await bundleFunctions(directory, functions);
  await Deno.remove(folder, { recursive: true });
  for (const [name, bytes] of bundles) {
    await Deno.mkdir(`${folder}/${name}`, { recursive: true });
    await Deno.writeFile(`${folder}/${name}/${BUNDLE}`, bytes);
  }
  return [...bundles].map(([name, { length }]) =>
    `${name} ${megabytes(length)} MB`
  ).join(", ");
}

/** The version that the API of this release will report. */
async function readVersion(directory: string): Promise<string> {
  const source = await Deno.readTextFile(
    `${directory}/supabase/functions/api/version.ts`,
  );
  const version = /VERSION = "([^"]+)"/.exec(source)?.[1];
  if (!version) throw new Error("api/version.ts names no version");
  return version;
}

/** The folders that the CLI takes for functions; one that begins with `_` holds what functions share. */
export async function readFunctions(directory: string): Promise<string[]> {
  const names: string[] = [];
  for await (
    const { name, isDirectory } of Deno.readDir(
      `${directory}/supabase/functions`,
    )
  ) {
    if (isDirectory && /^[A-Za-z]/.test(name)) names.push(name);
  }
  return names.sort();
}

/** Those that the CLI takes for migrations, in its order. */
export async function readMigrations(
  directory: string,
): Promise<MigrationFile[]> {
  const folder = `${directory}/supabase/migrations`;
  const files: MigrationFile[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    const version = /^(\d+)_.*\.sql$/.exec(name)?.[1];
    if (!version) continue;
    const sql = await Deno.readTextFile(`${folder}/${name}`);
    files.push({ version, name, sql });
  }
  return files.sort((a, b) => a.name < b.name ? -1 : 1);
}
