import { STATE_DIR } from "../stack/state_dir.ts";
import type { TestStack } from "./test_stack.ts";

const NOTE = `${STATE_DIR}/test_stack.json`;
/**
 * A stack that has not answered `/_stack` after so many milliseconds has ended.
 */
const ANSWERS_WITHIN_MS = 2_000;

interface Note {
  /** The id of the process that runs the stack. */
  pid: number;
  facts: TestStack;
}

/**
 * Announces a running stack to tests.
 * @returns withdraws the announcement
 */
export async function announceTestStack(
  facts: TestStack,
  note = NOTE,
): Promise<AsyncDisposable> {
  await Deno.writeTextFile(note, JSON.stringify({ pid: Deno.pid, facts }));
  return {
    async [Symbol.asyncDispose]() {
      // Another stack may have been announced since.
      if ((await readNote(note))?.pid === Deno.pid) await Deno.remove(note);
    },
  };
}

/** The announced stack, if one runs. */
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
    // The process was killed; nothing or another program has its port.
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
