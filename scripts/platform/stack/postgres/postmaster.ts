import { basename } from "node:path";
import { ErrorWithRemedy } from "../../../dev/error_with_remedy.ts";

/** Milliseconds that a server may take to stop before it is killed. */
const STOP_TIMEOUT = 20_000;

/** A running server's description of itself, from the first lines of `postmaster.pid`. */
interface PostmasterFile {
  pid: number;
  /** The server accepts connections. */
  ready: boolean;
}

/** @returns null if the file is missing or only half written */
export async function readPostmasterFile(
  dataDir: string,
): Promise<PostmasterFile | null> {
  const text = await Deno.readTextFile(`${dataDir}/postmaster.pid`).catch(
    nullIfMissing,
  );
  const lines = text?.split("\n") ?? [];
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return null;
  return { pid, ready: lines[7]?.trim() === "ready" };
}

/**
 * Stops the server that a killed stack left behind on this data directory, if there is one.
 * @throws {ErrorWithRemedy} if the server belongs to a stack that runs
 */
export async function stopAbandoned(dataDir: string): Promise<void> {
  const file = await readPostmasterFile(dataDir);
  if (!file || !await serves(file.pid, dataDir)) return;

  // When its stack dies, the kernel asks Postgres to stop and gives it another parent. So a parent that is a Deno
  // process is a running stack.
  const parent = await parentOf(file.pid);
  const parentProgram = parent && await linkTarget(`/proc/${parent}/exe`);
  if (parentProgram && basename(parentProgram).startsWith("deno")) {
    throw new ErrorWithRemedy(
      `The database in ${dataDir} is in use by another stack (process ${parent}).`,
      `Stop that one first: press Ctrl-C where it runs, or \`kill ${parent}\`.`,
    );
  }
  signal(file.pid, "SIGINT", dataDir);
  if (await gone(file.pid, dataDir, STOP_TIMEOUT)) return;
  signal(file.pid, "SIGQUIT", dataDir);
  if (await gone(file.pid, dataDir, 5_000)) return;
  throw new ErrorWithRemedy(
    `A Postgres left behind on ${dataDir} (process ${file.pid}) does not stop.`,
    `Stop it with \`kill -9 ${file.pid}\`, then start again.`,
  );
}

/** Asks our server to stop, and kills it if it does not. */
export async function stopServer(child: Deno.ChildProcess): Promise<void> {
  const timer = setTimeout(() => send("SIGQUIT"), STOP_TIMEOUT);
  send("SIGINT");
  await child.status;
  clearTimeout(timer);

  function send(name: Deno.Signal) {
    try {
      child.kill(name);
    } catch (error) {
      // It ended by itself.
      if (!(error instanceof TypeError)) throw error;
    }
  }
}

/** The system reuses process ids, so the process must also be a server of this directory. */
async function serves(pid: number, dataDir: string): Promise<boolean> {
  const place = await linkTarget(`/proc/${pid}/cwd`);
  return place !== null &&
    place === await Deno.realPath(dataDir).catch(nullIfMissing);
}

async function gone(
  pid: number,
  dataDir: string,
  withinMs: number,
): Promise<boolean> {
  const deadline = Date.now() + withinMs;
  while (await serves(pid, dataDir)) {
    if (Date.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return true;
}

function signal(pid: number, name: Deno.Signal, dataDir: string): void {
  try {
    Deno.kill(pid, name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw new ErrorWithRemedy(
      `A Postgres left behind on ${dataDir} (process ${pid}) belongs to another user.`,
      `Stop it with \`sudo kill -INT ${pid}\`, then start again.`,
      { cause: error },
    );
  }
}

async function parentOf(pid: number): Promise<number | null> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`).catch(
    nullIfMissing,
  );
  return Number(/^PPid:\s*(\d+)/m.exec(status ?? "")?.[1]) || null;
}

async function linkTarget(path: string): Promise<string | null> {
  try {
    return await Deno.readLink(path);
  } catch (error) {
    const unreadable = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.PermissionDenied;
    if (unreadable) return null;
    throw error;
  }
}

function nullIfMissing(error: unknown): null {
  const missing = error instanceof Deno.errors.NotFound ||
    error instanceof Deno.errors.NotADirectory;
  if (missing) return null;
  throw error;
}
