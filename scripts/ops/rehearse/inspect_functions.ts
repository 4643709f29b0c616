import { cp } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import { deno, moduleGraph } from "./deno.ts";
import { readFunctions } from "../../dev/build/read_functions.ts";

const importMap = z.object({ imports: z.record(z.string(), z.string()) });

/**
 * Inspects the functions without the repository, each with its own import map only. Packages are the installed ones,
 * whose versions the import maps must name.
 * @param source the folder with `supabase/functions` and `node_modules`
 * @param types whether to type-check them, which takes most of the time
 * @returns the errors, as sentences
 */
export async function inspectFunctions(
  source: string,
  { types } = { types: true },
): Promise<string[]> {
  const folder = await Deno.makeTempDir({ prefix: "functions-" });
  try {
    await cp(`${source}/supabase/functions`, `${folder}/supabase/functions`, {
      recursive: true,
      filter: (path) => !path.endsWith(".test.ts") && !path.endsWith("/testing"),
    });
    await Deno.symlink(
      resolve(source, "node_modules"),
      `${folder}/node_modules`,
    );
    const names = await readFunctions(folder);
    await Deno.writeTextFile(
      `${folder}/deno.json`,
      JSON.stringify({
        nodeModulesDir: "manual",
        workspace: names.map((name) => `./supabase/functions/${name}`),
      }),
    );
    const faults = (await Promise.all(names.map((name) => importFaults(folder, name))))
      .flat();
    // Each of them would cause a less clear error below.
    if (faults.length > 0 || !types) return faults;

    const { ok, stderr } = await deno(
      folder,
      ...["check", "--quiet"],
      ...names.map((name) => `supabase/functions/${name}/index.ts`),
    );
    return ok ? [] : [
      `they do not type-check: ${firstLines(stderr.replaceAll(folder, ""))}`,
    ];
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function importFaults(folder: string, name: string): Promise<string[]> {
  const path = `supabase/functions/${name}/deno.json`;
  const map = await Deno.readTextFile(`${folder}/${path}`).catch(() => null);
  if (map === null) {
    return [
      `${name} has no import map: it needs a deno.json next to index.ts`,
    ];
  }
  const { imports } = importMap.parse(JSON.parse(map));
  const faults = Object.entries(imports)
    .filter(([, target]) => !isPinned(target))
    .map(([specifier, target]) => `${path} maps ${specifier} to ${target}, without an exact version`);
  const here = pathToFileURL(`${folder}/`).href;
  const entrypoint = `supabase/functions/${name}/index.ts`;
  for (
    const { specifier, error, dependencies } of await moduleGraph(
      folder,
      entrypoint,
    )
  ) {
    const file = specifier.replace(here, "");
    if (error) faults.push(`${file}: ${error.replaceAll(here, "")}`);
    if (file === specifier || file.includes("node_modules/")) continue;
    for (const dependency of dependencies) {
      const fault = importFault(dependency.specifier, imports);
      if (fault) {
        faults.push(`${file} imports ${dependency.specifier}, ${fault}`);
      }
    }
  }
  return faults;
}

/** Installed packages would hide a bare name that the import map lacks; hosted has none. */
function importFault(
  specifier: string,
  imports: Record<string, string>,
): string | undefined {
  if (specifier.startsWith(".") || specifier.startsWith("node:")) return;
  if (specifier.startsWith("npm:")) {
    return isPinned(specifier) ? undefined : "without an exact version";
  }
  if (/^[a-z]+:/.test(specifier) || specifier.startsWith("/")) {
    return "which is neither uploaded nor an npm package";
  }
  const mapped = Object.keys(imports).some((name) =>
    name === specifier || (name.endsWith("/") && specifier.startsWith(name))
  );
  return mapped ? undefined : "which its import map lacks";
}

/** Only `npm:` with one exact version, so that hosted builds what was tested. */
function isPinned(target: string): boolean {
  return /^npm:\/?(@[^/@]+\/)?[^/@]+@\d+\.\d+\.\d+(-[\w.]+)?(\/.*)?$/.test(
    target,
  );
}

function firstLines(text: string): string {
  return text.trim().split("\n").slice(0, 6).join("\n");
}
