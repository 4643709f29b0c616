import { createHash } from "node:crypto";
import { run } from "../command.ts";
import { ErrorWithRemedy } from "../error_with_remedy.ts";

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
  const digest = await digestOf(client);
  if (await isCurrent(client, digest)) return;

  const compiler = `${repository}/node_modules/typescript/bin/tsc`;
  if (!await exists(compiler)) {
    throw new ErrorWithRemedy(
      "TypeScript's compiler is not installed.",
      "Install the development dependencies: npm ci",
    );
  }
  const aside = `${client}/dist.${Deno.pid}`;
  try {
    await run(Deno.execPath(), ["run", "-A", compiler, "--project", client, "--outDir", aside])
      .catch((error) => {
        throw new ErrorWithRemedy(error.message, "Correct the sources of the client.", { cause: error });
      });
    await Deno.writeTextFile(`${aside}/${MARK}`, digest);
    await remove(`${client}/dist`);
    await Deno.rename(aside, `${client}/dist`);
  } finally {
    await remove(aside);
  }
}

/** Names the sources that a build was made from; npm packs no such file. */
const MARK = ".built";

async function isCurrent(client: string, digest: string): Promise<boolean> {
  return await exists(`${client}/dist/${MARK}`) && await Deno.readTextFile(`${client}/dist/${MARK}`) === digest;
}

async function digestOf(client: string): Promise<string> {
  const hash = createHash("sha256");
  for (const path of [...SETTINGS, ...await sourcesBelow(client, "src")]) {
    const bytes = await Deno.readFile(`${client}/${path}`);
    hash.update(`${path}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest("hex");
}

async function sourcesBelow(client: string, folder: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(`${client}/${folder}`)) {
    const path = `${folder}/${name}`;
    if (isDirectory) paths.push(...await sourcesBelow(client, path));
    else if (!name.endsWith(".test.ts")) paths.push(path);
  }
  return paths.sort();
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function remove(path: string): Promise<void> {
  if (await exists(path)) await Deno.remove(path, { recursive: true });
}
