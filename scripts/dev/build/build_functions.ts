import { dirname } from "node:path";
import { bundleFunctions, megabytes } from "./bundle.ts";
import { entrypointsOf, isBuilt, removeStale } from "./built_functions.mjs";
import { ErrorWithRemedy } from "../error_with_remedy.ts";
import { readFunctions } from "./read_functions.ts";

/**
 * Writes each function as the file that `config.toml` names as its entry point, which `supabase functions deploy`
 * uploads; does nothing if all files are current.
 * @param directory with `supabase/`, `package-lock.json` and `node_modules`
 * @returns the bytes of each file, by function
 * @throws {ErrorWithRemedy} if a function is incomplete or too large; then no file is left
 */
export async function buildFunctions(
  directory: string,
): Promise<Map<string, number>> {
  const entrypoints = entrypointsOf(directory);
  const names = await readFunctions(directory);
  const unnamed = names.find((name) => !entrypoints[name]);
  if (unnamed) {
    throw new ErrorWithRemedy(
      `supabase/config.toml lacks the entry point of ${unnamed}.`,
      `Add below [functions.${unnamed}]: entrypoint = "./functions/_built/…/${unnamed}.js"`,
    );
  }
  if (!isBuilt(directory)) {
    removeStale(directory);
    for (const [name, bytes] of await bundleFunctions(directory, names)) {
      await writeWhole(`${directory}/${entrypoints[name]}`, bytes);
    }
  }
  return new Map(
    await Promise.all(names.map(async (name) => {
      const { size } = await Deno.stat(`${directory}/${entrypoints[name]}`);
      return [name, size] as const;
    })),
  );
}

/** Replaces the folder in one step, so that a concurrent deployment finds all files or none. */
async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  const aside = `${path}.${Deno.pid}`;
  await Deno.writeFile(aside, bytes);
  await Deno.rename(aside, path);
}

/** For display. */
export function describeSizes(sizes: Map<string, number>): string {
  return [...sizes].map(([name, bytes]) => `${name} ${megabytes(bytes)} MB`)
    .join(", ");
}
