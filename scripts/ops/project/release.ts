import { cp } from "node:fs/promises";
import { resolve } from "node:path";
import { digestOf } from "../../dev/build/built_functions.mjs";
import type { Environment } from "./environments.ts";
import { signInConfig } from "./sign_in.ts";
import { readFunctions } from "../../dev/build/read_functions.ts";

/** What is deployed: a folder of its own that holds `supabase/`, as it is in the source and set for one environment. */
export interface Release extends AsyncDisposable {
  directory: string;
  /** As the API's health tells it. */
  version: string;
  /** As every function tells it once it is built: the digest of its sources. */
  build: string;
  functions: string[];
  migrations: MigrationFile[];
}

export interface MigrationFile {
  version: string;
  /** Of the file. */
  name: string;
  sql: string;
}

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

/** The CLI takes the block whose project is the one that it works on over the rest of the file. */
function remoteSettings(environment: Environment): string {
  const { name, projectRef, siteUrl, confirmEmails, plan, dataApi } =
    environment;
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
${plan === "free" ? withoutSessionBounds(name) : ""}${
    dataApi ? "" : withoutDataApi(name)
  }`;
}

/** The free plan refuses any. */
function withoutSessionBounds(name: string): string {
  return `
[remotes.${name}.auth.sessions]
timebox = "0s"
inactivity_timeout = "0s"
`;
}

/** The API reaches the database by itself. */
function withoutDataApi(name: string): string {
  return `
[remotes.${name}.api]
schemas = ["public"]
`;
}

/** It says which packages the functions are built with. */
async function copyLock(source: string, directory: string): Promise<void> {
  try {
    const name = "package-lock.json";
    await Deno.copyFile(`${source}/${name}`, `${directory}/${name}`);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
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
