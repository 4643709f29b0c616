import { builtinModules } from "node:module";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { digestOf, headerFor } from "./built_functions.mjs";
import { ErrorWithRemedy } from "../error_with_remedy.ts";

/**
 * Hosted's limit for a function with its packages, in bytes
 * (https://supabase.com/docs/guides/troubleshooting/edge-function-bundle-size-issues).
 */
export const MAX_FUNCTION_BYTES = 5 * 1024 * 1024;

/** Hosted only transpiles TypeScript: its runtime must support the syntax of a bundle. */
const TARGET = "es2022";

/** Packages that import Node's modules without `node:`, which Deno requires. */
const NODE_MODULES = Object.fromEntries(
  builtinModules.filter((name) => !name.includes(":"))
    .map((name) => [name, `node:${name}`]),
);

/** For tools that read all of a project, to which `npm run init` adds the bundles. */
const NOT_CHECKED = ["// deno-lint-ignore-file", "// deno-fmt-ignore-file", "/* eslint-disable */", "// @ts-nocheck"];

const NODE_GLOBALS = fileURLToPath(
  new URL("node_globals.js", import.meta.url),
);

/** A package may try an optional import: a package that is not installed here counts as missing. */
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
 * Bundles each function with all its imports into one file. Otherwise hosted would upload whole packages, which exceeds
 * its limit, and resolve their dependencies without a lock file; so the tested code is what runs. Names are kept for
 * the log. All functions are built together, so that shared code is read once. Each has, and begins with, the digest of
 * its sources.
 * @param directory with `supabase/functions` and `node_modules`
 * @throws {ErrorWithRemedy} naming missing imports, or a function that is too large
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
      banner: { js: [headerFor(digest), ...NOT_CHECKED].join("\n") },
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
      errors.map(({ text, location }) => `${location?.file}:${location?.line}: ${text}`),
      error,
    );
  } finally {
    await esbuild.stop();
  }
}

function refuseTooLarge(name: string, bytes: Uint8Array): void {
  if (bytes.length <= MAX_FUNCTION_BYTES) return;
  throw new ErrorWithRemedy(
    `${name} has ${megabytes(bytes.length)} MB; hosted takes ${megabytes(MAX_FUNCTION_BYTES)}.`,
    "Import less: a part of a package, or a smaller package.",
  );
}

/** The imports that would be missing at run time. */
function importsFromOutside(
  { imports }: esbuild.Metafile["outputs"][string],
): string[] {
  return imports.filter(({ path }) => !path.startsWith("node:"))
    .map(({ path }) => `it imports ${path}`);
}

function incomplete(name: string, reasons: string[], cause?: Error) {
  return new ErrorWithRemedy(
    `${name} is incomplete:\n${reasons.join("\n")}`,
    "All imports of a function must be below supabase/functions, or packages of package.json that npm ci has installed.",
    { cause },
  );
}

export function megabytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1);
}
