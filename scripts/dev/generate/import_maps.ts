import { glob } from "node:fs/promises";
import type { Product } from "./product.ts";
import { REPOSITORY } from "../repository.ts";

/** Each has a folder with an entry point, and an import map that the platform reads. */
export const FUNCTIONS = ["api", "isolation", "webhook", "worker"];

/** What a static or dynamic import names. */
const IMPORT = /\bfrom "([^"]+)";$|\bimport(?:\("| ")([^"]+)"/gm;

/** supabase/functions/NAME/deno.json: what the functions import, at the versions that package.json pins. */
export async function importMaps(): Promise<Product[]> {
  const { dependencies } = JSON.parse(
    await Deno.readTextFile(`${REPOSITORY}/package.json`),
  );
  const imported = await importedByFunctions();
  const imports = Object.fromEntries(
    [...imported].map((specifier) => {
      const { name, isSubpath } = packageOf(specifier);
      const version = dependencies[name];
      if (!version) {
        throw new Error(
          `The functions import ${specifier}, and package.json has no dependency ${name}.`,
        );
      }
      return isSubpath ? [`${name}/`, `npm:/${name}@${version}/`] : [name, `npm:${name}@${version}`];
    }).toSorted(([a], [b]) => a < b ? -1 : 1),
  );
  return FUNCTIONS.map((name) => ({
    path: `supabase/functions/${name}/deno.json`,
    text: JSON.stringify({ imports }, null, 2),
  }));
}

async function importedByFunctions(): Promise<Set<string>> {
  const sources: string[] = [];
  const files = glob("supabase/functions/**/*.ts", { cwd: REPOSITORY });
  for await (const path of files) {
    if (/\.test\.ts$|\/testing\/|\/_built\//.test(path)) continue;
    sources.push(await Deno.readTextFile(`${REPOSITORY}/${path}`));
  }
  return new Set(
    sources.flatMap((source) => [...source.matchAll(IMPORT)])
      .map(([, first, second]) => first ?? second)
      .filter((specifier) => !/^(\.|node:)/.test(specifier)),
  );
}

function packageOf(specifier: string) {
  const parts = specifier.split("/");
  const length = specifier.startsWith("@") ? 2 : 1;
  return {
    name: parts.slice(0, length).join("/"),
    isSubpath: parts.length > length,
  };
}
