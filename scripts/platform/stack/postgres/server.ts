import type { Account } from "./account.ts";
import { librariesOf, programOf } from "./home.ts";
import { freePort } from "./ports.ts";
import { readPostmasterFile, stopServer } from "./postmaster.ts";
import { ErrorWithRemedy } from "../../../dev/error_with_remedy.ts";

/** How long a server may take to accept connections, recovery after a crash included, in milliseconds. */
const START_TIMEOUT = 60_000;

export interface Server {
  homeDir: string;
  dataDir: string;
  logFile: string;
  durable: boolean;
  port: number;
  account?: Account;
}

/** What Postgres' programs need to find their libraries, and nothing of the caller's environment. */
export function serverEnvironment(homeDir: string): Record<string, string> {
  return {
    PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin",
    LD_LIBRARY_PATH: librariesOf(homeDir),
    LC_ALL: "C",
    TZ: "UTC",
  };
}

/** The words that run a command under an account, and send it a signal when this process dies. */
export function boundToUs(signal: "INT" | "KILL", account?: Account): string[] {
  const identity = account
    ? [
      ...["--reuid", String(account.uid), "--regid", String(account.gid)],
      "--clear-groups",
    ]
    : [];
  return ["setpriv", "--pdeathsig", signal, ...identity];
}

/**
 * Starts a server and waits until it accepts connections.
 * @throws {ErrorWithRemedy} with the end of the server's log
 */
export async function startServer(server: Server): Promise<Deno.ChildProcess> {
  const { homeDir, dataDir, logFile, account } = server;
  const logStart = await sizeOf(logFile);
  const child = new Deno.Command("sh", {
    args: [
      "-c",
      // In a session of its own, so that a terminal's Ctrl-C reaches the stack only, which stops things in order.
      'log=$1; shift; exec setsid "$@" >>"$log" 2>&1',
      "sh",
      logFile,
      // The kernel stops the server when the stack dies, even by SIGKILL.
      ...boundToUs("INT", account),
      ...[programOf(homeDir, "postgres"), "-D", dataDir],
      ...settingsOf(server).flatMap((setting) => ["-c", setting]),
    ],
    cwd: "/",
    clearEnv: true,
    env: serverEnvironment(homeDir),
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();

  let ended = false;
  child.status.then(() => ended = true);
  const deadline = Date.now() + START_TIMEOUT;
  for (;;) {
    const file = await readPostmasterFile(dataDir);
    if (file?.ready && file.pid === child.pid) return child;
    if (ended || Date.now() > deadline) {
      await stopServer(child);
      throw new ErrorWithRemedy(
        `Postgres did not start.\n${await endOfLog(logFile, logStart)}`,
        `The whole log is in ${logFile}. If the data directory ${dataDir} is damaged and holds nothing to keep, remove it.`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/**
 * As {@link startServer}, on a port that is free; another program may be quicker to take it, so more than one is tried.
 */
export async function startServerAnywhere(
  server: Omit<Server, "port">,
): Promise<{ child: Deno.ChildProcess; port: number }> {
  for (let attempt = 1;; attempt++) {
    const port = freePort();
    try {
      return { child: await startServer({ ...server, port }), port };
    } catch (error) {
      const portTaken = error instanceof ErrorWithRemedy &&
        error.message.includes("Address already in use");
      if (!portTaken || attempt === 5) throw error;
    }
  }
}

function settingsOf({ port, durable }: Server): string[] {
  return [
    `port=${port}`,
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=100",
    "shared_preload_libraries=pg_cron,pg_stat_statements",
    "cron.database_name=postgres",
    // Jobs run in workers of the server: over a connection, pg_cron would need the job owner's password.
    "cron.use_background_workers=on",
    "cron.max_running_jobs=8",
    "cron.log_statement=off",
    "max_worker_processes=24",
    "wal_level=logical",
    "timezone=UTC",
    "log_timezone=UTC",
    ...(durable ? [] : ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]),
  ];
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await Deno.stat(file)).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}

async function endOfLog(logFile: string, from: number): Promise<string> {
  const log = await Deno.readFile(logFile);
  const lines = new TextDecoder().decode(log.subarray(from)).trim().split("\n");
  return lines.slice(-10).join("\n");
}
