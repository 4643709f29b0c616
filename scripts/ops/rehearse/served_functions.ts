import { dirname, relative, resolve } from "node:path";
import type {
  FunctionHost,
  FunctionHostOptions,
} from "../../platform/stack/functions/host.ts";
import { startFunctionHost } from "../../platform/stack/functions/host.ts";
import type { FunctionUpload } from "../../platform/simulators/management_api/project.ts";

/** The file by which the host starts each function. */
const MAIN = "index.js";

/**
 * Serves what was deployed, and nothing else: each deployment, and each change of the secrets, begins anew with fresh
 * processes, as hosted does.
 */
export class ServedFunctions {
  #options?: FunctionHostOptions;
  #host?: FunctionHost;
  #folder?: string;

  /** Stands in for the stack's own host, which finds its functions in a folder that never changes. */
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
   * @param secrets what the project has set; the platform's own variables come with the stack
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

/** The host finds each function by its name; where its files begin is its own to say. */
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

/** Writes the files of an upload below a folder, where they had been. */
export async function unpack(
  { files }: FunctionUpload,
  folder: string,
): Promise<void> {
  for (const { path, bytes } of files) {
    const target = resolve(folder, path);
    if (!target.startsWith(`${folder}/`)) {
      throw new Error(`the upload holds a file outside its folder: ${path}`);
    }
    await Deno.mkdir(dirname(target), { recursive: true });
    await Deno.writeFile(target, bytes);
  }
}

/** Hosted sets these by itself; whatever else the stack gives its own functions is the project's to set. */
function platformVariables(env: Record<string, string>) {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => name.startsWith("SUPABASE_")),
  );
}
