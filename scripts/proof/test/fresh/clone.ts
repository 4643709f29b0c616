import { delimiter, dirname } from "node:path";
import { networkEnvironment } from "../../../dev/network_environment.ts";
import { removeFromPlace } from "../../../platform/stack/postgres/account.ts";
import { run } from "../../../dev/command.ts";
import type { Environment } from "./environments.ts";
import { linkNeededPrograms, machinesPath, writeOtherPrograms } from "./programs.ts";
import { REPOSITORY } from "../../../dev/repository.ts";

/** Debian's `nobody` and `nogroup`. */
const NOBODY = "65534";
/** A user id without an entry in /etc/passwd, as in a container with a numeric user. */
const UNKNOWN = "54321";
/** npm's registry settings; the machine's other settings and keys are not passed. */
const NPM_SETTINGS = ["registry", "cafile", "proxy", "https-proxy", "noproxy"];

export const isRoot = Deno.uid() === 0;

/** A clone of the commit in a separate environment. It removes everything that it created. */
export interface Clone extends AsyncDisposable {
  run(command: string[]): Promise<{ code: number; output: string }>;
}

/** @param signal aborts the command */
export async function makeClone(
  environment: Environment,
  signal: AbortSignal,
): Promise<Clone> {
  const { closed, user, folder = "clone", umask = "022" } = environment;
  const lent = isRoot && user && (user === "with a home" ? NOBODY : UNKNOWN);
  await using parts = new AsyncDisposableStack();
  const top = await Deno.realPath(await Deno.makeTempDir({ prefix: "fresh-" }));
  parts.defer(() => Deno.remove(top, { recursive: true }));
  if (!closed) await Deno.chmod(top, 0o755);

  const clone = `${top}/${folder}`;
  await Deno.mkdir(dirname(clone), { recursive: true });
  await run("git", ["clone", "--quiet", "--no-hardlinks", REPOSITORY, clone]);
  for (const part of ["data", "postgres"]) {
    parts.defer(() => removeFromPlace(`${clone}/.stack/${part}`));
  }
  await Deno.mkdir(`${top}/home`);
  const path = await pathFor(environment, top);
  if (lent) {
    await run("chown", ["-R", `${lent}:${lent}`, clone, `${top}/home`]);
  }

  const identity = lent ? ["--reuid", lent, "--regid", lent, "--clear-groups"] : [];
  const env = {
    ...networkEnvironment(["TMPDIR", "CI"]),
    ...lent ? await npmSettings() : networkEnvironment(["npm_config_cache"]),
    ...homeFor(environment, `${top}/home`),
    ...environment.variables,
    PATH: path,
  };
  const owned = parts.move();
  return {
    async run(command) {
      signal.throwIfAborted();
      // In a separate session, so that a signal reaches all its processes: npm forwards none.
      const child = new Deno.Command("setsid", {
        args: [
          ...["setpriv", "--pdeathsig", "TERM", ...identity],
          ...["sh", "-c", 'umask "$1"; shift; exec "$@" 2>&1', "sh", umask],
          ...command,
        ],
        cwd: clone,
        clearEnv: true,
        env,
        stdin: "null",
        stdout: "piped",
        stderr: "null",
      }).spawn();
      const stop = () => Deno.kill(-child.pid, "SIGTERM");
      signal.addEventListener("abort", stop);
      try {
        const { code, stdout } = await child.output();
        return { code, output: new TextDecoder().decode(stdout) };
      } finally {
        signal.removeEventListener("abort", stop);
      }
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function pathFor(
  { programs, user }: Environment,
  top: string,
): Promise<string> {
  const folders: string[] = [];
  if (programs === "others first") {
    folders.push(`${top}/others`);
    await Deno.mkdir(folders[0]);
    await writeOtherPrograms(folders[0]);
  }
  // Another user may lack access to the folders of this process' PATH.
  if (programs === "needed alone" || (user && isRoot)) {
    const needed = `${top}/needed`;
    await Deno.mkdir(needed);
    await linkNeededPrograms(needed);
    folders.push(needed);
  } else {
    folders.push(machinesPath());
  }
  return folders.join(delimiter);
}

function homeFor({ user }: Environment, spare: string): Record<string, string> {
  if (user === "without a home") return { HOME: "/nonexistent" };
  return { HOME: user && isRoot ? spare : Deno.env.get("HOME") ?? spare };
}

async function npmSettings(): Promise<Record<string, string>> {
  const settings: Record<string, string> = {};
  for (const name of NPM_SETTINGS) {
    const value = (await run("npm", ["config", "get", name])).trim();
    if (!["", "null", "undefined"].includes(value)) {
      settings[`npm_config_${name.replaceAll("-", "_")}`] = value;
    }
  }
  return settings;
}
