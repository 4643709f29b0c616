import {
  BootError,
  describe,
  type FunctionProcess,
  startFunctionProcess,
} from "./process.ts";
import type { FunctionLimits } from "./limits.ts";
import type { FunctionLog } from "./log.ts";

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;

export interface RunnerOptions {
  name: string;
  entrypoint: string;
  env: Record<string, string>;
  limits: FunctionLimits;
  log: FunctionLog;
}

/** What is known of a process beside itself. */
interface Usage {
  /** Requests whose response has not begun. */
  requests: number;
  /** It takes no new requests, and is told to leave as soon as it has none. */
  dismissed: boolean;
}

/** One function: at most one process that takes requests, and those that are finishing. */
export class FunctionRunner {
  #serving?: FunctionProcess;
  #starting?: Promise<FunctionProcess>;
  #failure?: { error: BootError; count: number; retryAt: number };
  readonly #alive = new Map<FunctionProcess, Usage>();
  readonly #stopping = new AbortController();

  constructor(private readonly options: RunnerOptions) {}

  get processes(): FunctionProcess[] {
    return [...this.#alive.keys()];
  }

  /**
   * Hands `work` a process that takes requests, started if there is none. Requests that arrive while it starts share the start.
   * @throws {BootError} also, without a new attempt, for a while after an attempt failed
   */
  async use<T>(work: (process: FunctionProcess) => Promise<T>): Promise<T> {
    const process = this.#serving ?? await this.#started();
    const usage = this.#alive.get(process);
    if (usage) usage.requests++;
    try {
      return await work(process);
    } finally {
      if (usage) {
        usage.requests--;
        if (usage.dismissed && usage.requests === 0) process.retire();
      }
    }
  }

  /** Sends this process no further requests; it leaves once it has finished those it has. */
  dismiss(process: FunctionProcess): void {
    if (this.#serving === process) this.#serving = undefined;
    const usage = this.#alive.get(process);
    if (!usage || usage.dismissed) return;
    usage.dismissed = true;
    if (usage.requests === 0) process.retire();
  }

  /** The next request gets a new process; the present one finishes what it has begun. */
  async renew(): Promise<void> {
    await this.#starting?.catch(() => {});
    if (this.#serving) this.dismiss(this.#serving);
    this.#failure = undefined;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#starting?.catch(() => {});
    this.#serving = undefined;
    await Promise.all(this.processes.map((process) => this.#end(process)));
  }

  async #end(process: FunctionProcess): Promise<void> {
    process.retire();
    const late = setTimeout(() => process.kill(), this.options.limits.stopMs);
    await process.exited;
    clearTimeout(late);
  }

  #started(): Promise<FunctionProcess> {
    this.#starting ??= this.#start().finally(() => {
      this.#starting = undefined;
    });
    return this.#starting;
  }

  async #start(): Promise<FunctionProcess> {
    const failure = this.#failure;
    if (failure && Date.now() < failure.retryAt) throw failure.error;
    try {
      const process = await startFunctionProcess({
        ...this.options,
        cancelled: this.#stopping.signal,
      });
      this.#failure = undefined;
      this.#serving = process;
      this.#watch(process);
      return process;
    } catch (error) {
      if (error instanceof BootError) this.#pauseAfter(error);
      throw error;
    }
  }

  /** A function that cannot start is not tried again for each request. */
  #pauseAfter(error: BootError): void {
    const count = (this.#failure?.count ?? 0) + 1;
    const ms = Math.min(FIRST_PAUSE_MS * 2 ** (count - 1), LONGEST_PAUSE_MS);
    this.#failure = { error, count, retryAt: Date.now() + ms };
  }

  #watch(process: FunctionProcess): void {
    const { name, limits, log } = this.options;
    this.#alive.set(process, { requests: 0, dismissed: false });
    const replace = setTimeout(
      () => this.dismiss(process),
      limits.wallClockMs / 2,
    );
    const end = setTimeout(() => process.kill(), limits.wallClockMs);
    process.gone.addEventListener("abort", () => {
      clearTimeout(replace);
      clearTimeout(end);
      this.#alive.delete(process);
      if (this.#serving === process) this.#serving = undefined;
    });
    process.exited.then((status) => {
      if (status.success) return;
      log.write(name, "error", `the process ended with ${describe(status)}`);
    });
  }
}
