/** Milliseconds in which further signals are taken for echoes of the first: a terminal signals us and npm, and npm signals us too. */
const ECHO_MS = 700;
/** The exit code of a program that is stopped before its work is done. */
export const INTERRUPTED = 130;

/** Ctrl-C, an end asked for by another program, a terminal that was closed. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** The reader's wish to stop. The first one is announced, a later one ends the process at once. */
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
    this.happened = new Promise((resolve) =>
      this.signal.addEventListener("abort", () => resolve(), { once: true })
    );
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

  /** Leaves signals to their defaults again. */
  [Symbol.dispose](): void {
    for (const name of SIGNALS) Deno.removeSignalListener(name, this.receive);
  }
}
