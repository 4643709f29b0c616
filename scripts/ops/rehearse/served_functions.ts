import { dirname, relative, resolve } from "node:path";
import type { FunctionHost, FunctionHostOptions } from "../../platform/stack/functions/host.ts";
import { startFunctionHost } from "../../platform/stack/functions/host.ts";
import type { FunctionUpload } from "../../platform/simulators/management_api/project.ts";

/** The file with which the host starts each function. */
const MAIN = "index.js";

/**
 * Serves only what was deployed: each deployment and each change of secrets starts new processes, as hosted does.
 */
export class ServedFunctions {
  #options?: FunctionHostOptions;
  #host?: FunctionHost;
  #folder?: string;

  /** Replaces the stack's own host, whose functions are in a fixed folder. */
  readonly start = (options: FunctionHostOptions): Promise<FunctionHost> => {
    this.#options = options;
    return Promise.resolve({
      fetch: (request: Request) =>
        this.#host?.fetch(request) ??
          Promise.resolve(
            Response.json(
              {
                code: "NOT_FOUND",
                message: "Requested function was not found",
              },
              { status: 404 },
            ),
          ),
      processes: () => this.#host?.processes() ?? [],
      setEnv: (values) => this.#host?.setEnv(values) ?? Promise.resolve(),
      renew: (names) => this.#host?.renew(names) ?? Promise.resolve(new Map()),
      stop: () => this.#clear(),
    });
  };

  /**
   * @param secrets the project's secrets; the platform's own variables come with the stack
   */
  async serve(
    uploads: FunctionUpload[],
    secrets: Map<string, string>,
  ): Promise<void> {
    if (!this.#options) throw new Error("the stack has not started yet");
    await this.#clear();
    if (uploads.length === 0) return;
    const folder = await Deno.makeTempDir({ prefix: "served-functions-" });
    this.#folder = folder;
    const entrypoints = `${folder}/entrypoints`;
    for (const upload of uploads) {
      await unpack(upload, folder);
      await nameEntrypoint(upload, folder, `${entrypoints}/${upload.slug}`);
    }
    this.#host = await startFunctionHost({
      ...this.#options,
      dir: entrypoints,
      main: MAIN,
      declared: Object.fromEntries(uploads.map((upload) => [upload.slug, { importMap: importMapOf(upload, folder) }])),
      env: {
        ...platformVariables(this.#options.env),
        ...Object.fromEntries(secrets),
      },
    });
  }

  async #clear(): Promise<void> {
    await this.#host?.stop();
    this.#host = undefined;
    if (this.#folder) await Deno.remove(this.#folder, { recursive: true });
    this.#folder = undefined;
  }
}

/** The host finds each function by its name; its files may begin anywhere. */
async function nameEntrypoint(
  { metadata }: FunctionUpload,
  folder: string,
  place: string,
): Promise<void> {
  const path = relative(place, resolve(folder, metadata.entrypoint_path));
  await Deno.mkdir(place, { recursive: true });
  await Deno.writeTextFile(
    `${place}/${MAIN}`,
    `import ${JSON.stringify(path)};\n`,
  );
}

/** The import map that was sent with it. */
function importMapOf({ metadata, files }: FunctionUpload, folder: string): string | undefined {
  const path = metadata.import_map_path;
  return files.some((file) => file.path === path) ? resolve(folder, path!) : undefined;
}

/** Writes an upload's files below a folder, at their paths. */
export async function unpack(
  { files }: FunctionUpload,
  folder: string,
): Promise<void> {
  for (const { path, bytes } of files) {
    const target = resolve(folder, path);
    if (!target.startsWith(`${folder}/`)) {
      throw new Error(`the upload has a file outside its folder: ${path}`);
    }
    await Deno.mkdir(dirname(target), { recursive: true });
    await Deno.writeFile(target, bytes);
  }
}

/** Hosted sets these by itself; the project must set all others. */
function platformVariables(env: Record<string, string>) {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => name.startsWith("SUPABASE_")),
  );
}
