import { fileURLToPath } from "node:url";
import { run } from "../command.ts";
import { ErrorWithRemedy } from "../error_with_remedy.ts";
import { isThere } from "../files.ts";
import { filesBelow, keepBuilt } from "./kept_build.ts";

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
  await keepBuilt({
    folder: `${client}/dist`,
    sources: [
      ...SETTINGS.map((name) => `${client}/${name}`),
      ...await filesBelow(`${client}/src`),
      `${compiler}/package.json`,
      fileURLToPath(import.meta.url),
    ],
    async build(aside) {
      await run(Deno.execPath(), ["run", "-A", `${compiler}/bin/tsc`, "--project", client, "--outDir", aside])
        .catch((error) => {
          throw new ErrorWithRemedy(error.message, "Correct the sources of the client.", { cause: error });
        });
      await nameBuiltFiles(aside);
    },
  });
}

/** The compiler leaves the names of sources in declarations, which only TypeScript itself finds; Deno does not. */
async function nameBuiltFiles(built: string): Promise<void> {
  for (const path of await filesBelow(built)) {
    if (!path.endsWith(".d.ts")) continue;
    const text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, text.replaceAll(SOURCE_NAMED, "$1.js$2"));
  }
}

/** `from "./name.ts"` or `import("./name.ts")` */
const SOURCE_NAMED = /((?:\bfrom |\bimport\()"\.[^"]*)\.ts(")/g;
