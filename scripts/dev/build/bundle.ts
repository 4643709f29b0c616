import { builtinModules } from "node:module";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { digestOf, headerFor } from "./built_functions.mjs";
import { ErrorWithRemedy } from "../error_with_remedy.ts";

/**
 * Hosted takes no larger function through its API, packages included; in bytes
 * (https://supabase.com/docs/guides/troubleshooting/edge-function-bundle-size-issues).
 */
export const MAX_FUNCTION_BYTES = 5 * 1024 * 1024;

/** Hosted transpiles TypeScript alone: its runtime must know whatever a bundle is written in. */
const TARGET = "es2022";

/** Packages that name Node's modules without `node:`, which Deno knows only with it. */
const NODE_MODULES = Object.fromEntries(
  builtinModules.filter((name) => !name.includes(":"))
    .map((name) => [name, `node:${name}`]),
);

const NODE_GLOBALS = fileURLToPath(
  new URL("node_globals.js", import.meta.url),
);

/** A package may try whether another is there, and go on without: one that is not installed here is not there. */
const absentPackages: esbuild.Plugin = {
  name: "absent packages",
  setup(build) {
    const asked = Symbol();
    build.onResolve({ filter: /^[^.]/ }, async ({ path, ...how }) => {
      const isTried = how.kind === "dynamic-import" &&
        how.importer.includes("/node_modules/");
      if (!isTried || how.pluginData === asked) return;
      const { errors } = await build.resolve(path, {
        ...how,
        pluginData: asked,
      });
      if (errors.length > 0) return { path, namespace: "absent" };
    });
    build.onLoad({ filter: /./, namespace: "absent" }, ({ path }) => ({
      contents: `throw new Error("${path} is not installed");`,
    }));
  },
};

/**
 * Makes each function, with all that it imports, one file. Left to itself hosted would take every package whole, which
 * is more than it allows, and resolve anew what the packages import, since it reads no lock file; so what runs is what was
 * tested. Names are kept, for the log's sake. All are built at once, so that what they share is read once. Each knows, and
 * begins with, the digest of what it was built from.
 * @param directory holds `supabase/functions` and `node_modules`
 * @throws {ErrorWithRemedy} naming every import that is not there, or a function that is too large
 */
export async function bundleFunctions(
  directory: string,
  names: string[],
): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const folder = await Deno.realPath(directory);
  const digest = digestOf(folder);
  try {
    const { metafile, outputFiles } = await esbuild.build({
      absWorkingDir: folder,
      entryPoints: names.map((name) => ({
        in: `supabase/functions/${name}/index.ts`,
        out: name,
      })),
      outdir: folder,
      bundle: true,
      write: false,
      metafile: true,
      format: "esm",
      platform: "node",
      conditions: ["deno"],
      target: TARGET,
      alias: NODE_MODULES,
      inject: [NODE_GLOBALS],
      define: {
        PIPELINE_BUILD: JSON.stringify(digest),
        global: "globalThis",
      },
      banner: { js: headerFor(digest) },
      plugins: [absentPackages],
      minifySyntax: true,
      minifyWhitespace: true,
      logLevel: "silent",
    });
    const built = new Map(
      outputFiles.map(({ path, contents }) => [path, contents]),
    );
    return new Map(names.map((name) => {
      const outside = importsFromOutside(metafile.outputs[`${name}.js`]);
      if (outside.length > 0) throw incomplete(name, outside);
      const bytes = new Uint8Array(built.get(`${folder}/${name}.js`)!);
      refuseTooLarge(name, bytes);
      return [name, bytes];
    }));
  } catch (error) {
    if (!(error instanceof Error && "errors" in error)) throw error;
    const { errors } = error as esbuild.BuildFailure;
    throw incomplete(
      names.join(" or "),
      errors.map(({ text, location }) =>
        `${location?.file}:${location?.line}: ${text}`
      ),
      error,
    );
  } finally {
    await esbuild.stop();
  }
}

function refuseTooLarge(name: string, bytes: Uint8Array): void {
  if (bytes.length <= MAX_FUNCTION_BYTES) return;
  throw new ErrorWithRemedy(
    `${name} has ${megabytes(bytes.length)} MB; hosted takes ${
      megabytes(MAX_FUNCTION_BYTES)
    }.`,
    "Import less: a part of a package in place of all of it, or a smaller package.",
  );
}

/** What would have to be there at run time. */
function importsFromOutside(
  { imports }: esbuild.Metafile["outputs"][string],
): string[] {
  return imports.filter(({ path }) => !path.startsWith("node:"))
    .map(({ path }) => `it imports ${path}`);
}

function incomplete(name: string, reasons: string[], cause?: Error) {
  return new ErrorWithRemedy(
    `${name} is not whole:\n${reasons.join("\n")}`,
    "Everything that a function imports must be below supabase/functions, or a package that package.json names and npm ci has installed.",
    { cause },
  );
}

export function megabytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1);
}
