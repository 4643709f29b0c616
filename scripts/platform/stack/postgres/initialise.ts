import { basename, dirname } from "node:path";
import postgres from "postgres";
import { accountFor, makeReachable } from "./account.ts";
import { run } from "../../../dev/command.ts";
import { programOf } from "./home.ts";
import { stopAbandoned, stopServer } from "./postmaster.ts";
import { LOGIN_ROLES, passwordOf, urlFor } from "./roles.ts";
import { boundToUs, type Server, serverEnvironment, startServerAnywhere } from "./server.ts";
import { withUserName } from "./user_name.ts";
import { ErrorWithRemedy } from "../../../dev/error_with_remedy.ts";

const POSTGRES_VERSION = "17";
/** In the order in which a new database needs them. */
const BOOTSTRAP = [
  "roles.sql",
  "auth.sql",
  "auth_functions.sql",
  "storage.sql",
  "platform.sql",
  "realtime.sql",
];

/**
 * Whether there is a database in this directory. One that exists is complete: see {@link createDataDirectory}.
 * @throws {ErrorWithRemedy} if it holds something else, or cannot be read
 */
export async function isDataDirectory(dataDir: string): Promise<boolean> {
  try {
    const version = await Deno.readTextFile(`${dataDir}/PG_VERSION`);
    if (version.trim() === POSTGRES_VERSION) return true;
    throw new ErrorWithRemedy(
      `The data in ${dataDir} is of Postgres ${version.trim()}; this stack runs ${POSTGRES_VERSION}.`,
      `If it holds nothing to keep, remove ${dataDir} and start again.`,
    );
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied) {
      throw new ErrorWithRemedy(
        `The data in ${dataDir} belongs to another user of this machine.`,
        `Start as that user, or remove it: \`sudo rm -rf ${dataDir}\`.`,
        { cause: error },
      );
    }
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  if (await isEmpty(dataDir)) return false;
  throw new ErrorWithRemedy(
    `${dataDir} is no Postgres data directory, but it is not empty.`,
    "Name another directory for the stack's state, or empty this one.",
  );
}

/**
 * Makes a bootstrapped database. It is built next to its final place and moved there when it is complete, so an
 * interrupted start leaves nothing that looks like a database.
 */
export async function createDataDirectory(
  server: Omit<Server, "port" | "account">,
): Promise<void> {
  const { dataDir, homeDir } = server;
  const unfinished = `${dataDir}.unfinished-${Deno.pid}`;
  const account = await accountFor(dataDir);
  await makeReachable(dirname(dataDir));
  await removeUnfinished(dataDir);

  await Deno.mkdir(unfinished, { mode: 0o700 });
  const passwordFile = `${unfinished}.password`;
  await Deno.writeTextFile(passwordFile, passwordOf("supabase_admin"), {
    mode: 0o600,
  });
  try {
    for (const path of account ? [unfinished, passwordFile] : []) {
      await Deno.chown(path, account!.uid, account!.gid);
    }
    const [command, ...words] = boundToUs("KILL", account);
    await run(command, [
      ...words,
      programOf(homeDir, "initdb"),
      ...["--pgdata", unfinished, "--username", "supabase_admin"],
      ...["--auth", "scram-sha-256", "--pwfile", passwordFile],
      ...["--encoding", "UTF8", "--locale", "C"],
      ...["--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"],
      "--no-sync",
    ], {
      clearEnv: true,
      env: await withUserName(serverEnvironment(homeDir)),
      cwd: "/",
    });
  } finally {
    await Deno.remove(passwordFile);
  }

  const { child, port } = await startServerAnywhere({
    ...server,
    dataDir: unfinished,
    durable: false,
    account,
  });
  try {
    await bootstrap(port);
  } finally {
    await stopServer(child);
  }
  await Deno.rename(unfinished, dataDir);
}

/** Removes what killed starts left next to the data directory, except what a running start uses. */
async function removeUnfinished(dataDir: string): Promise<void> {
  const parent = dirname(dataDir);
  for await (const { name } of Deno.readDir(parent)) {
    if (!name.startsWith(`${basename(dataDir)}.unfinished-`)) continue;
    const pid = /-(\d+)/.exec(name.slice(basename(dataDir).length))?.[1];
    if (Number(pid) !== Deno.pid && await isRunning(Number(pid))) continue;
    const path = `${parent}/${name}`;
    await stopAbandoned(path);
    await removeTree(path);
  }
}

async function isRunning(pid: number): Promise<boolean> {
  try {
    await Deno.stat(`/proc/${pid}`);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function bootstrap(port: number): Promise<void> {
  const sql = postgres(urlFor("supabase_admin", port), {
    max: 1,
    onnotice: () => {},
  });
  try {
    for (const file of BOOTSTRAP) {
      await sql.file(`${import.meta.dirname}/sql/${file}`);
    }
    for (const role of LOGIN_ROLES) {
      await sql.unsafe(`alter role ${role} password '${passwordOf(role)}'`);
    }
  } finally {
    await sql.end();
  }
}

async function isEmpty(directory: string): Promise<boolean> {
  try {
    for await (const _ of Deno.readDir(directory)) return false;
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return true;
    throw error;
  }
}

/** Retries for a while: a killed program may still be writing there. */
async function removeTree(path: string): Promise<void> {
  const deadline = Date.now() + 5_000;
  for (;;) {
    try {
      return await Deno.remove(path, { recursive: true });
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
