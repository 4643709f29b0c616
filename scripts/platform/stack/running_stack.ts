import { z } from "zod";
import { ErrorWithRemedy, UsageError } from "../../dev/error_with_remedy.ts";
import { REPOSITORY } from "../../dev/repository.ts";
import { DEFAULT_PORT } from "./gateway_port.ts";
import { LOCAL_KEYS } from "./keys.ts";
import { urlFor } from "./postgres/roles.ts";
import type { Stack } from "./stack.ts";
import { STATE_DIR } from "./state_dir.ts";
import { ignoreMissing } from "../../dev/files.ts";

/** What a stack tells the commands of its folder. */
export function factsOf(
  stack: Stack,
  command: string,
  functionEnv: Record<string, string>,
): Omit<FolderStack, "pid"> {
  return {
    url: stack.url,
    databaseUrl: stack.databaseUrl,
    publishableKey: stack.publishableKey,
    secretKey: stack.secretKey,
    llamaparseUrl: functionEnv.LLAMAPARSE_API_URL,
    command,
    stateDir: stack.stateDir,
  };
}

/** Where each stack that people start from this folder leaves a note, whatever its port and state folder. */
const NOTES_DIR = `${STATE_DIR}/running`;
const LOCAL_URL = `http://127.0.0.1:${DEFAULT_PORT}`;
const LOOPBACK_NAMES = ["127.0.0.1", "localhost", "[::1]"];

const stackFacts = z.object({
  url: z.string(),
  databaseUrl: z.string(),
  publishableKey: z.string(),
  secretKey: z.string(),
  /** The functions' address of LlamaParse, unless it is LlamaCloud. */
  llamaparseUrl: z.string().optional(),
  /** `supabase start` runs it: it has no Management API, and the CLI knows more about it. */
  inDocker: z.boolean().optional(),
});
/** What a command needs of a stack on this machine. */
export type LocalStack = z.infer<typeof stackFacts>;

const stackNote = stackFacts.extend({
  pid: z.number(),
  /** The command that started it, such as `npm run stack`. */
  command: z.string(),
  stateDir: z.string(),
});
/** A stack of this folder. */
export type FolderStack = z.infer<typeof stackNote>;

/** The answer of `/_stack`. */
const about = z.object({
  pid: z.number(),
  /** The project's folder. */
  folder: z.string(),
  databasePort: z.number(),
  llamaparseUrl: z.string().optional(),
});
type About = z.infer<typeof about>;

/**
 * Lets the commands of this folder find a running stack. The note is valid as long as its lock is held, which ends with
 * this process, however that ends.
 * @returns withdraws the note
 */
export async function announceStack(
  facts: Omit<FolderStack, "pid">,
  notesDir = NOTES_DIR,
): Promise<AsyncDisposable> {
  await Deno.mkdir(notesDir, { recursive: true });
  await removeDeadNotes(notesDir);
  // One process may run a stack, reset it and run the next.
  const name = `${notesDir}/${Deno.pid}`;
  const lock = await Deno.open(`${name}.lock`, { write: true, create: true });
  await lock.lock(true);
  const note: FolderStack = { ...facts, pid: Deno.pid };
  await Deno.writeTextFile(`${name}.new`, JSON.stringify(note));
  await Deno.rename(`${name}.new`, `${name}.json`);
  return {
    async [Symbol.asyncDispose]() {
      await Deno.remove(`${name}.json`);
      lock.close();
      await Deno.remove(`${name}.lock`);
    },
  };
}

/**
 * The stack that commands of this folder mean unless another is named: the one in the folder's own state folder, or else
 * the only one.
 * @returns undefined if none runs
 * @throws {ErrorWithRemedy} if several run, or if their notes are closed to this user
 */
export async function findStackOfFolder(
  { notesDir = NOTES_DIR, stateDir = STATE_DIR } = {},
): Promise<FolderStack | undefined> {
  const running = await readNotes(notesDir);
  const own = running.find((stack) => stack.stateDir === stateDir);
  if (own || running.length <= 1) return own ?? running[0];
  throw new UsageError(
    `Several stacks of this folder run: ${running.map(({ url, command }) => `${url} (${command})`).join(", ")}.`,
    `Name one: --url ${running[0].url}, or for npm run doctor --port ${portOf(running[0].url)}.`,
  );
}

/**
 * A stack at an address of this machine: one of this folder, of another folder, or of a test.
 * @returns undefined if none answers there
 */
export async function findStackAt(
  url: string,
  notesDir = NOTES_DIR,
): Promise<LocalStack | undefined> {
  if (!LOOPBACK_NAMES.includes(new URL(url).hostname)) return;
  const port = portOf(url);
  const noted = (await readNotes(notesDir)).find((stack) => portOf(stack.url) === port);
  if (noted) return { ...noted, url };
  const found = await askStack(url);
  return found && {
    url,
    databaseUrl: urlFor("postgres", found.databasePort),
    publishableKey: LOCAL_KEYS.publishableKey,
    secretKey: LOCAL_KEYS.secretKey,
    llamaparseUrl: found.llamaparseUrl,
  };
}

/**
 * Why a command that names no stack has none, and what to do.
 * @param naming how the command names another pipeline
 */
export async function noStackOfFolder(
  naming = { stack: "--url", pipeline: "--url and --database-url" },
): Promise<UsageError> {
  const other = await askStack(LOCAL_URL);
  const remedy = "Start one with npm start or npm run stack";
  return other
    ? new UsageError(
      `No stack runs in ${REPOSITORY}. The one at ${LOCAL_URL} is that of ${other.folder}.`,
      `${remedy} -- --port ${DEFAULT_PORT + 100}, or name the other one with ${naming.stack}.`,
    )
    : new UsageError(
      `No stack runs in ${REPOSITORY}, and no other pipeline is named.`,
      `${remedy}, or name a pipeline with ${naming.pipeline}.`,
    );
}

/** What the stack at a port says of itself; undefined if nothing listens there, or another program. */
export async function askStack(url: string): Promise<About | undefined> {
  try {
    const answer = await fetch(`${url}/_stack`, {
      signal: AbortSignal.timeout(5_000),
    });
    return about.parse(await answer.json());
  } catch {
    return undefined;
  }
}

function portOf(url: string): string {
  const { port, protocol } = new URL(url);
  return port || (protocol === "https:" ? "443" : "80");
}

async function readNotes(notesDir: string): Promise<FolderStack[]> {
  const running: FolderStack[] = [];
  try {
    for await (const { name } of Deno.readDir(notesDir)) {
      if (!name.endsWith(".json")) continue;
      const note = await readNote(`${notesDir}/${name.slice(0, -".json".length)}`);
      if (note) running.push(note);
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
    throw new ErrorWithRemedy(
      `This user may not read ${notesDir}, where the stacks of this folder leave a note.`,
      "Run the command as the user who started the stack, or name the stack with --url and --database-url.",
      { cause: error },
    );
  }
  return running.toSorted((a, b) => a.pid - b.pid);
}

/** Those of stacks that were killed. */
async function removeDeadNotes(notesDir: string): Promise<void> {
  for await (const { name } of Deno.readDir(notesDir)) {
    if (!name.endsWith(".json")) continue;
    const path = `${notesDir}/${name.slice(0, -".json".length)}`;
    if (await readNote(path)) continue;
    await Deno.remove(`${path}.json`).catch(ignoreMissing);
    await Deno.remove(`${path}.lock`).catch(ignoreMissing);
  }
}

/** The note of a stack that runs; undefined if its process has ended, however. */
async function readNote(name: string): Promise<FolderStack | undefined> {
  try {
    using lock = await Deno.open(`${name}.lock`, { read: true });
    if (await lock.tryLock(false)) return undefined;
    return stackNote.parse(JSON.parse(await Deno.readTextFile(`${name}.json`)));
  } catch (error) {
    // It has been withdrawn meanwhile.
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
