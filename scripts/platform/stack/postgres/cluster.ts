import { dirname, resolve } from "node:path";
import { accountFor, reachablePlace } from "./account.ts";
import { createDataDirectory, isDataDirectory } from "./initialise.ts";
import { checkPort } from "./ports.ts";
import { stopAbandoned, stopServer } from "./postmaster.ts";
import { type LoginRole, urlFor } from "./roles.ts";
import { startServer, startServerAnywhere } from "./server.ts";

export interface ClusterOptions {
  /** The result of `installPostgres`. */
  homeDir: string;
  dataDir: string;
  /** On 127.0.0.1; 0 for any free port. */
  port: number;
  /** The server appends its messages here. */
  logFile: string;
  /** False: faster, but a crash of the machine may damage the data. For temporary instances. */
  durable?: boolean;
}

export interface Cluster {
  port: number;
  pid: number;
  /** Whether the database was made by this start. */
  fresh: boolean;
  /** Where the data really lies. */
  dataDir: string;
  urlFor(role: LoginRole): string;
  /** May be called twice, and after the server has ended by itself. */
  stop(): Promise<void>;
  /** The server has ended, asked for or not. */
  exited: Promise<Deno.CommandStatus>;
}

/**
 * Starts Postgres on its data directory, and creates and bootstraps that if it is missing. The server stops when this
 * process dies; a server that an earlier process left is stopped first. {@link reachablePlace} decides where the data
 * lie.
 * @throws {ErrorWithRemedy} if the port is taken, the directory is in use or not ours, or the server does not start
 */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const server = {
    homeDir: options.homeDir,
    dataDir: await reachablePlace(options.dataDir),
    logFile: resolve(options.logFile),
    durable: options.durable ?? true,
  };
  await Deno.mkdir(dirname(server.logFile), { recursive: true });

  const fresh = !await isDataDirectory(server.dataDir);
  if (!fresh) await stopAbandoned(server.dataDir);
  checkPort(options.port);
  if (fresh) await createDataDirectory(server);

  const account = await accountFor(server.dataDir);
  const { child, port } = options.port === 0 ? await startServerAnywhere({ ...server, account }) : {
    child: await startServer({ ...server, account, port: options.port }),
    port: options.port,
  };

  let stopping: Promise<void> | undefined;
  return {
    port,
    pid: child.pid,
    fresh,
    dataDir: server.dataDir,
    urlFor: (role) => urlFor(role, port),
    stop: () => stopping ??= stopServer(child),
    exited: child.status,
  };
}
