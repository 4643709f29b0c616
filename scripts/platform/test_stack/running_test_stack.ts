import { STATE_DIR } from "../stack/state_dir.ts";
import type { TestStack } from "./test_stack.ts";

const NOTE = `${STATE_DIR}/test_stack.json`;
/** A stack on this machine that has not said who it is after so many milliseconds is gone. */
const ANSWERS_WITHIN_MS = 2_000;

interface Note {
  /** Of the process that runs the stack. */
  pid: number;
  facts: TestStack;
}

/**
 * Lets tests find a stack that was started for them and stays up.
 * @returns takes it back
 */
export async function announceTestStack(
  facts: TestStack,
  note = NOTE,
): Promise<AsyncDisposable> {
  await Deno.writeTextFile(note, JSON.stringify({ pid: Deno.pid, facts }));
  return {
    async [Symbol.asyncDispose]() {
      // Another may have been started since.
      if ((await readNote(note))?.pid === Deno.pid) await Deno.remove(note);
    },
  };
}

/** The stack that stays up for tests, if there is one. */
export async function findTestStack(
  note = NOTE,
): Promise<TestStack | undefined> {
  const found = await readNote(note);
  if (!found) return;
  const { pid, facts } = found;
  try {
    const answer = await fetch(`${facts.url}/_stack`, {
      signal: AbortSignal.timeout(ANSWERS_WITHIN_MS),
    });
    return (await answer.json()).pid === pid ? facts : undefined;
  } catch {
    // Its process was killed, and nothing or something else has its port.
    return undefined;
  }
}

async function readNote(note: string): Promise<Note | undefined> {
  try {
    return JSON.parse(await Deno.readTextFile(note));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
