import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { run } from "../command.ts";
import { ErrorWithRemedy } from "../error_with_remedy.ts";
import { ignoreMissing, isThere } from "../files.ts";

/** What the package is built from, below `client/`. */
const SETTINGS = ["package.json", "tsconfig.json"];

/**
 * Compiles `client/src` into `client/dist`, which its package.json names as the entries; does nothing if that is
 * current. TypeScript's own compiler does it, because browsers and bundlers need no more than one ES module for each
 * source.
 * @param repository with `client/` and `node_modules`
 * @throws {ErrorWithRemedy} with the compiler's errors; then `client/dist` is as before
 */
export async function buildClient(repository: string): Promise<void> {
  const client = `${repository}/client`;
  const compiler = `${repository}/node_modules/typescript`;
  if (!await isThere(compiler)) {
    throw new ErrorWithRemedy(
      "TypeScript's compiler is not installed.",
      "Install the development dependencies: npm ci",
    );
  }
  const digest = await digestOf(client, [`${compiler}/package.json`, fileURLToPath(import.meta.url)]);
  if (await isCurrent(client, digest)) return;

  const aside = `${client}/dist.${Deno.pid}`;
  try {
    await run(Deno.execPath(), ["run", "-A", `${compiler}/bin/tsc`, "--project", client, "--outDir", aside])
      .catch((error) => {
        throw new ErrorWithRemedy(error.message, "Correct the sources of the client.", { cause: error });
      });
    await nameBuiltFiles(aside);
    await Deno.writeTextFile(`${aside}/${MARK}`, digest);
    await remove(`${client}/dist`);
    await Deno.rename(aside, `${client}/dist`).catch(async (error) => {
      // Another build of the same sources was faster.
      if (!await isCurrent(client, digest)) throw error;
    });
  } finally {
    await remove(aside);
  }
}

/** The compiler leaves the names of sources in declarations, which only TypeScript itself finds; Deno does not. */
async function nameBuiltFiles(built: string): Promise<void> {
  for (const path of await sourcesBelow(built)) {
    if (!path.endsWith(".d.ts")) continue;
    const text = await Deno.readTextFile(`${built}/${path}`);
    await Deno.writeTextFile(`${built}/${path}`, text.replaceAll(SOURCE_NAMED, "$1.js$2"));
  }
}

/** `from "./name.ts"` or `import("./name.ts")` */
const SOURCE_NAMED = /((?:\bfrom |\bimport\()"\.[^"]*)\.ts(")/g;

/** Names the sources that a build was made from; npm packs no such file. */
const MARK = ".built";

async function isCurrent(client: string, digest: string): Promise<boolean> {
  return await isThere(`${client}/dist/${MARK}`) && await Deno.readTextFile(`${client}/dist/${MARK}`) === digest;
}

/** @param tools files that decide how it is built */
async function digestOf(client: string, tools: string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const path of [...SETTINGS, ...(await sourcesBelow(`${client}/src`)).map((path) => `src/${path}`)]) {
    const bytes = await Deno.readFile(`${client}/${path}`);
    hash.update(`${path}\0${bytes.length}\0`).update(bytes);
  }
  for (const path of tools) hash.update(await Deno.readFile(path));
  return hash.digest("hex");
}

/** The paths of files without tests, in a fixed order. */
async function sourcesBelow(folder: string, prefix = ""): Promise<string[]> {
  const paths: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(`${folder}/${prefix}`)) {
    const path = `${prefix}${name}`;
    if (isDirectory) paths.push(...await sourcesBelow(folder, `${path}/`));
    else if (!name.endsWith(".test.ts")) paths.push(path);
  }
  return paths.sort();
}

function remove(path: string): Promise<void> {
  return Deno.remove(path, { recursive: true }).catch(ignoreMissing);
}
