import { cp } from "node:fs/promises";
import { resolve } from "node:path";
import { digestOf } from "../../dev/build/built_functions.mjs";
import type { Environment } from "./environments.ts";
import { MANIFEST, type Manifest, parseManifest } from "./manifest.ts";
import { signInConfig } from "./sign_in.ts";
import { readFunctions } from "../../dev/build/read_functions.ts";

/** A release for one environment: a separate folder with the source's `supabase/` and the environment's settings. */
export interface Release extends AsyncDisposable {
  directory: string;
  /** The version that the API's health reports. */
  version: string;
  /** The digest of the sources, which every built function reports. */
  build: string;
  functions: string[];
  migrations: MigrationFile[];
  /** If the source is another project, to which the pipeline was added: its migrations that are the pipeline's. */
  added?: { migrations: string[] };
}

export interface MigrationFile {
  version: string;
  /** The digest of the file. */
  name: string;
  sql: string;
}

/** The parts of `supabase/` that the CLI needs; without tests and the CLI's own state. */
const PARTS = ["config.toml", "functions", "migrations"];

/**
 * Copies a source's `supabase/`, so that the CLI's state for one project (`supabase link` stores some) never meets
 * another's, and adds the environment's settings to `config.toml`.
 * @param source also has the functions' packages, in `node_modules`; or it is a project to which `npm run init` has added
 * the pipeline. That one's `config.toml` stays as it is, and its functions are built.
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
    const manifest = await readManifest(source);
    if (manifest) return await addedRelease(directory, manifest, remove);
    await Deno.symlink(
      resolve(source, "node_modules"),
      `${directory}/node_modules`,
    );
    await copyLock(source, directory);
    await Deno.writeTextFile(
      `${directory}/supabase/config.toml`,
      remoteSettings(environment),
      { append: true },
    );
    return {
      directory,
      version: await readVersion(directory),
      build: digestOf(directory),
      functions: await readFunctions(directory),
      migrations: await readMigrations(directory),
      [Symbol.asyncDispose]: remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** @returns undefined if the folder is no project to which the pipeline was added */
export async function readManifest(source: string): Promise<Manifest | undefined> {
  try {
    return parseManifest(await Deno.readTextFile(`${source}/${MANIFEST}`), `${source}/${MANIFEST}`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function addedRelease(directory: string, manifest: Manifest, remove: () => Promise<void>): Promise<Release> {
  return {
    directory,
    version: manifest.release,
    build: manifest.build,
    functions: manifest.config.functions,
    migrations: await readMigrations(directory),
    added: { migrations: manifest.migrations.map(({ file }) => file) },
    [Symbol.asyncDispose]: remove,
  };
}

/** The CLI prefers the block of the current project to the rest of the file. */
function remoteSettings(environment: Environment): string {
  const { name, projectRef, siteUrl, confirmEmails, plan, dataApi } = environment;
  const signIn = signInConfig(name, environment);
  return `
[remotes.${name}]
project_id = ${JSON.stringify(projectRef)}

[remotes.${name}.auth]
site_url = ${JSON.stringify(siteUrl)}
${signIn.redirects}

[remotes.${name}.auth.email]
enable_confirmations = ${confirmEmails}

[remotes.${name}.auth.hook.password_verification_attempt]
enabled = ${plan === "team"}

${signIn.providers}
${plan === "free" ? withoutSessionBounds(name) : ""}${dataApi ? "" : withoutDataApi(name)}`;
}

/** The free plan refuses any value. */
function withoutSessionBounds(name: string): string {
  return `
[remotes.${name}.auth.sessions]
timebox = "0s"
inactivity_timeout = "0s"
`;
}

/** The API itself connects to the database. */
function withoutDataApi(name: string): string {
  return `
[remotes.${name}.api]
schemas = ["public"]
`;
}

/** The file with the functions' packages. */
async function copyLock(source: string, directory: string): Promise<void> {
  try {
    const name = "package-lock.json";
    await Deno.copyFile(`${source}/${name}`, `${directory}/${name}`);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** The version that this release's API will report. */
async function readVersion(directory: string): Promise<string> {
  const source = await Deno.readTextFile(
    `${directory}/supabase/functions/api/version.ts`,
  );
  const version = /VERSION = "([^"]+)"/.exec(source)?.[1];
  if (!version) throw new Error("api/version.ts has no version");
  return version;
}

/** The files that the CLI treats as migrations, in its order. */
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
