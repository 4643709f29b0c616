import { throwIfAborted } from "./abort.ts";
import type { LiveFeed } from "./live_feed.ts";
import { pause } from "./pause.ts";

/** The next change of a document that live events show. */
export class Change {
  #hasHappened = false;
  #wake: (() => void) | undefined;
  readonly #stopWatching: () => void;

  constructor(live: LiveFeed, documentId: string) {
    this.#stopWatching = live.watch(documentId, () => {
      this.#hasHappened = true;
      this.#wake?.();
    });
  }

  /** Forgets what happened until now. */
  reset(): void {
    this.#hasHappened = false;
  }

  /** Waits for a change since `reset`, at most for a time. Throws the signal's reason when the signal fires. */
  async next(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
    throwIfAborted(signal);
    if (this.#hasHappened) return;
    const changed = new AbortController();
    const abort = () => changed.abort();
    this.#wake = abort;
    signal?.addEventListener("abort", abort, { once: true });
    try {
      // The pause ends with the change; only the caller's own signal is an error.
      await pause(milliseconds, changed.signal).catch(() => {});
      throwIfAborted(signal);
    } finally {
      this.#wake = undefined;
      signal?.removeEventListener("abort", abort);
    }
  }

  stop(): void {
    this.#stopWatching();
  }
}
