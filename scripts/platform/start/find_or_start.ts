import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";
import type { FolderStack } from "../stack/running_stack.ts";

/** Milliseconds between two looks at a stack that another command is starting. */
const LOOK_EVERY = 500;
/** How long another command may take to start the stack, in milliseconds. */
const STARTED_WITHIN = 120_000;

/**
 * The running stack of this folder, or a new one. While another command is starting it, this waits; if that command
 * fails, this starts one.
 * @throws {ErrorWithRemedy} if the start fails, or the other command takes too long
 */
export async function findOrStart<Started>(
  { find, isClaimed, start, wait, signal, within = STARTED_WITHIN, lookEvery = LOOK_EVERY }: {
    find(): Promise<FolderStack | undefined>;
    /** Whether a process has the state folder. */
    isClaimed(): Promise<boolean>;
    start(): Promise<Started>;
    /** Called once, before it waits. */
    wait(): void;
    signal: AbortSignal;
    within?: number;
    lookEvery?: number;
  },
): Promise<{ running: FolderStack } | { started: Started }> {
  const deadline = performance.now() + within;
  for (let hasWaited = false;; hasWaited = true) {
    signal.throwIfAborted();
    const running = await find();
    if (running) return { running };
    if (performance.now() > deadline || !await isClaimed()) {
      try {
        return { started: await start() };
      } catch (error) {
        const startsElsewhere = error instanceof ErrorWithRemedy && error.code === "instance_running";
        if (!startsElsewhere || performance.now() > deadline) throw error;
      }
    }
    if (!hasWaited) wait();
    await new Promise((resolve) => setTimeout(resolve, lookEvery));
  }
}
