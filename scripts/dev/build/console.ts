import { fileURLToPath } from "node:url";
import { CommandError, run } from "../command.ts";
import { ErrorWithRemedy } from "../error_with_remedy.ts";
import { ignoreMissing, isThere } from "../files.ts";
import { filesBelow, keepBuilt } from "./kept_build.ts";

/** The settings of a project that `vite` alone serves; a build is of no project. */
export const DEV_SETTINGS = "config.json";

/**
 * Builds `console/` into `console/dist`: files for any project, which `config.json` beside them names. Does nothing if that
 * is current.
 * @param repository with `console/`, `client/` and `node_modules`
 * @returns the folder
 * @throws {ErrorWithRemedy} if packages are missing, or with the build's errors; then `console/dist` is as before
 */
export async function buildConsole(repository: string): Promise<string> {
  const folder = `${repository}/console`;
  const vite = `${repository}/node_modules/vite`;
  if (!await isThere(vite)) {
    throw new ErrorWithRemedy("The console's packages are not installed.", "Install them: npm ci");
  }
  const built = `${folder}/dist`;
  await keepBuilt({
    folder: built,
    sources: [
      ...["index.html", "reference.html", "vite.config.ts", "client_entries.ts", "pdf_files.ts"].map((name) =>
        `${folder}/${name}`
      ),
      ...(await filesBelow(`${folder}/public`)).filter((path) => !path.endsWith(`/${DEV_SETTINGS}`)),
      ...await filesBelow(`${folder}/src`),
      ...await filesBelow(`${repository}/client/src`),
      `${repository}/package-lock.json`,
      fileURLToPath(import.meta.url),
    ],
    async build(aside) {
      await runVite(vite, ["build", folder, "--outDir", aside, "--emptyOutDir", "--logLevel", "warn"]);
      await Deno.remove(`${aside}/${DEV_SETTINGS}`).catch(ignoreMissing);
    },
  });
  return built;
}

async function runVite(vite: string, args: string[]): Promise<void> {
  try {
    await run(Deno.execPath(), ["run", "-A", `${vite}/bin/vite.js`, ...args]);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new ErrorWithRemedy(error.message, "Correct the sources of the console, below console/src.", {
      cause: error,
    });
  }
}
