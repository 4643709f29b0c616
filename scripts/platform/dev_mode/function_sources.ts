import { createHash } from "node:crypto";
import { resolve } from "node:path";
import * as esbuild from "esbuild";

/** What functions are made of at one moment. */
export interface FunctionSources {
  /** Of each function: its files, by path below the project, and a digest of each. */
  files: Map<string, Map<string, string>>;
}

/** A function that cannot be built: `supabase/functions/api/index.ts:12: Expected ";" but found "x"`. */
export class SourceError extends Error {
  override name = "SourceError";
}

/** Follows the imports of functions to their files. */
export class FunctionSourceReader implements AsyncDisposable {
  readonly #projectDir: string;
  #context?: esbuild.BuildContext<{ metafile: true }>;
  #names: string[] = [];

  constructor(projectDir: string) {
    this.#projectDir = resolve(projectDir);
  }

  /** @throws {SourceError} if a file has a syntax error or an import leads nowhere */
  async read(): Promise<FunctionSources> {
    const names = await functionNames(this.#projectDir);
    if (!this.#context || names.join() !== this.#names.join()) {
      await this.#context?.dispose();
      this.#names = names;
      this.#context = await this.#open(names);
    }
    const { metafile } = await this.#context.rebuild().catch(explain);
    const digests = new Map<string, string>();
    for (const path of Object.keys(metafile.inputs)) {
      const bytes = await Deno.readFile(`${this.#projectDir}/${path}`);
      digests.set(path, createHash("sha256").update(bytes).digest("hex"));
    }
    const files = new Map(
      Object.values(metafile.outputs).map(({ entryPoint, inputs }) => {
        const [, name] = /functions\/([^/]+)\/index\.ts$/.exec(entryPoint!)!;
        const digestOf = (path: string) => [path, digests.get(path)!] as const;
        return [name, new Map(Object.keys(inputs).map(digestOf))] as const;
      }),
    );
    return { files };
  }

  async #open(names: string[]) {
    return await esbuild.context({
      absWorkingDir: this.#projectDir,
      entryPoints: names.map((name) => `supabase/functions/${name}/index.ts`),
      outdir: this.#projectDir,
      bundle: true,
      write: false,
      metafile: true,
      format: "esm",
      platform: "node",
      packages: "external",
      // A file of which nothing is used is read all the same.
      treeShaking: false,
      logLevel: "silent",
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#context?.dispose();
    await esbuild.stop();
  }
}

/**
 * The functions of which a file changed, came or went, each with these files.
 */
export function changedFunctions(
  before: FunctionSources,
  after: FunctionSources,
): Map<string, string[]> {
  const changed = new Map<string, string[]>();
  for (const [name, files] of after.files) {
    const earlier = before.files.get(name) ?? new Map<string, string>();
    const paths = new Set([...earlier.keys(), ...files.keys()]);
    const different = [...paths].filter((path) => earlier.get(path) !== files.get(path));
    if (different.length > 0) changed.set(name, different.sort());
  }
  return changed;
}

async function functionNames(projectDir: string): Promise<string[]> {
  const names: string[] = [];
  const folder = `${projectDir}/supabase/functions`;
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (!isDirectory || !/^[A-Za-z]/.test(name)) continue;
    const main = await Deno.stat(`${folder}/${name}/index.ts`)
      .catch((error) => {
        if (error instanceof Deno.errors.NotFound) return null;
        throw error;
      });
    if (main?.isFile) names.push(name);
  }
  return names.sort();
}

function explain(error: unknown): never {
  if (!(error instanceof Error && "errors" in error)) throw error;
  const [{ text, location }] = (error as esbuild.BuildFailure).errors;
  const place = location ? `${location.file}:${location.line}: ` : "";
  throw new SourceError(`${place}${text}`, { cause: error });
}
