/**
 * Milliseconds in which further signals are echoes of the first: a terminal signals this process and npm, which
 * forwards it.
 */
const ECHO_MS = 700;
/** The exit code of an interrupted program. */
export const INTERRUPTED = 130;

/** Ctrl-C, a request from another program, a closed terminal. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** The user's interruption. The first one is announced, a later one ends the process at once. */
export class Interruption implements Disposable {
  readonly #controller = new AbortController();
  readonly #announce: () => void;
  readonly #exit: (code: number) => void;
  #firstAt: number | undefined;
  readonly signal = this.#controller.signal;
  /** Settles with the first signal. */
  readonly happened: Promise<void>;

  constructor(
    announce: () => void,
    exit: (code: number) => void = Deno.exit,
  ) {
    this.#announce = announce;
    this.#exit = exit;
    this.happened = new Promise((resolve) => this.signal.addEventListener("abort", () => resolve(), { once: true }));
    for (const name of SIGNALS) Deno.addSignalListener(name, this.receive);
  }

  readonly receive = (): void => {
    const now = performance.now();
    if (this.#firstAt === undefined) {
      this.#firstAt = now;
      this.#announce();
      this.#controller.abort(new DOMException("interrupted", "AbortError"));
    } else if (now - this.#firstAt > ECHO_MS) {
      this.#exit(INTERRUPTED);
    }
  };

  /** Restores the default signal handlers. */
  [Symbol.dispose](): void {
    for (const name of SIGNALS) Deno.removeSignalListener(name, this.receive);
  }
}
