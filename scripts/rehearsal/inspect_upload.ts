import { resolve } from "node:path";
import { z } from "zod";
import type { FunctionUpload } from "../simulators/management_api/project.ts";
import { packagesSize } from "./package_size.ts";
import { installPackages, unpack } from "./served_functions.ts";

const REPOSITORY = resolve(import.meta.dirname!, "../..");

/** Hosted refuses larger functions, bundled (https://supabase.com/docs/guides/functions/limits); in bytes. */
export const MAX_BUNDLE_BYTES = 20 * 1024 * 1024;

/** What is wrong with an upload; nothing if hosted could build and start it. */
export interface UploadReport {
  slug: string;
  /** Sentences. */
  faults: string[];
  fileCount: number;
  /** Of the bundle, its packages included and compressed, in bytes. */
  bundleBytes: number;
}

const graph = z.object({
  modules: z.array(z.looseObject({
    specifier: z.string(),
    error: z.string().optional(),
    dependencies: z.array(z.looseObject({
      specifier: z.string(),
      code: z.looseObject({ specifier: z.string().optional() }).optional(),
    })).default([]),
  })),
});
const importMap = z.object({ imports: z.record(z.string(), z.string()) });

/**
 * Looks at an upload as hosted will: unpacked in an empty folder, without the repository around it, its import map the only
 * one. npm's packages are taken from those installed here, which are the versions that the import map must name.
 */
export async function inspectUpload(
  upload: FunctionUpload,
): Promise<UploadReport> {
  const folder = await Deno.makeTempDir({ prefix: "upload-" });
  try {
    await unpack(upload, folder);
    await installPackages(folder, [upload]);
    const { imports, faults } = await readImportMap(upload, folder);
    if (imports === undefined) return report(upload, faults, 0);

    const entrypoint = `${folder}/${upload.metadata.entrypoint_path}`;
    const info = await deno(folder, "info", "--json", entrypoint);
    const modules = graph.parse(JSON.parse(info.stdout)).modules;
    faults.push(...importFaults(modules, imports, folder));
    // Every one of them would show again, less clearly.
    if (faults.length > 0) return report(upload, faults, 0);

    const check = await deno(folder, "check", "--quiet", entrypoint);
    if (!check.ok) {
      faults.push(
        `it does not type-check: ${
          firstLines(check.stderr.replaceAll(folder, ""))
        }`,
      );
    }

    const packages = importedPackages(modules, imports);
    const bundleBytes =
      await packagesSize(`${REPOSITORY}/node_modules`, packages) +
      upload.files.reduce((sum, { bytes }) => sum + bytes.length, 0);
    if (bundleBytes > MAX_BUNDLE_BYTES) {
      faults.push(
        `its bundle has about ${megabytes(bundleBytes)} MB; hosted takes ${
          megabytes(MAX_BUNDLE_BYTES)
        }`,
      );
    }
    return report(upload, faults, bundleBytes);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function report(
  { slug, files }: FunctionUpload,
  faults: string[],
  bundleBytes: number,
): UploadReport {
  return { slug, faults, fileCount: files.length, bundleBytes };
}

/** The map that was sent, and what is wrong with it: every package must be named with one exact version. */
async function readImportMap(
  { metadata, files }: FunctionUpload,
  folder: string,
): Promise<{ imports?: Record<string, string>; faults: string[] }> {
  const path = metadata.import_map_path;
  if (!path || !files.some((file) => file.path === path)) {
    return {
      faults: [
        "no import map was sent: it must be at deno.json beside index.ts",
      ],
    };
  }
  const text = await Deno.readTextFile(`${folder}/${path}`);
  const { imports } = importMap.parse(JSON.parse(text));
  const faults = Object.entries(imports)
    .filter(([, target]) => !isPinned(target))
    .map(([name, target]) =>
      `${path} maps ${name} to ${target}, which names no exact version`
    );
  return { imports, faults };
}

/** Only `npm:` with one exact version: what hosted resolves when it builds must be what was tested. */
function isPinned(target: string): boolean {
  return /^npm:\/?(@[^/@]+\/)?[^/@]+@\d+\.\d+\.\d+(-[\w.]+)?(\/.*)?$/.test(
    target,
  );
}

/** What the modules import by name, as the import map resolves it: hosted bundles no more than that. */
function importedPackages(
  modules: z.output<typeof graph>["modules"],
  imports: Record<string, string>,
): string[] {
  const specifiers = new Set(
    modules.flatMap(({ dependencies }) =>
      dependencies.filter(({ code }) => code).map(({ specifier }) => specifier)
    ),
  );
  const used = Object.entries(imports).filter(([name]) =>
    [...specifiers].some((specifier) =>
      specifier === name || (name.endsWith("/") && specifier.startsWith(name))
    )
  );
  return [...new Set(used.map(([, target]) => packageOf(target)))];
}

function packageOf(target: string): string {
  return /^npm:\/?((?:@[^/@]+\/)?[^/@]+)/.exec(target)?.[1] ?? "";
}

function importFaults(
  modules: z.output<typeof graph>["modules"],
  imports: Record<string, string>,
  folder: string,
): string[] {
  const here = `file://${folder}/`;
  const faults: string[] = [];
  for (const { specifier, error, dependencies } of modules) {
    if (error) {
      faults.push(
        `${specifier.replace(here, "")}: ${error.replaceAll(here, "")}`,
      );
    }
    if (!specifier.startsWith(here) || specifier.includes("/node_modules/")) {
      continue;
    }
    for (const dependency of dependencies) {
      const file = specifier.slice(here.length);
      const fault = importFault(dependency.specifier, imports);
      if (fault) {
        faults.push(`${file} imports ${dependency.specifier}, ${fault}`);
      }
    }
  }
  return faults;
}

/** The packages installed here would hide it if a bare name were missing from the import map; hosted has none. */
function importFault(
  specifier: string,
  imports: Record<string, string>,
): string | undefined {
  if (specifier.startsWith(".") || specifier.startsWith("node:")) return;
  if (specifier.startsWith("npm:")) {
    return isPinned(specifier) ? undefined : "which names no exact version";
  }
  if (/^[a-z]+:/.test(specifier) || specifier.startsWith("/")) {
    return "which is neither sent with the function nor an npm package";
  }
  const mapped = Object.keys(imports).some((name) =>
    name === specifier || (name.endsWith("/") && specifier.startsWith(name))
  );
  return mapped ? undefined : "which its import map does not name";
}

async function deno(cwd: string, ...args: string[]) {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd,
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = new TextDecoder();
  return {
    ok: success,
    stdout: text.decode(stdout),
    stderr: text.decode(stderr),
  };
}

function firstLines(text: string): string {
  return text.trim().split("\n").slice(0, 6).join("\n");
}

export function megabytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1);
}
