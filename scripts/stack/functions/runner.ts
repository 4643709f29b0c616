import { threadCpuMs } from "./cpu_time.ts";
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
/** How often a process's CPU time is looked at: it may use so much more than its limit. */
const CPU_CHECK_MS = 20;
/** A successor is started so long before the soft limit, in CPU time, as starting takes longer here than on hosted. */
const PREPARE_SHARE = 0.7;

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
  /** It takes no new requests, and is told to leave, in which way, as soon as it has none. */
  dismissed?: "retire" | "terminate";
}

/** One function: at most one process that takes requests, one that will when that is retired, and those that are finishing. */
export class FunctionRunner {
  #serving?: FunctionProcess;
  #successor?: FunctionProcess;
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
        if (usage.dismissed && usage.requests === 0) process[usage.dismissed]();
      }
    }
  }

  /** Sends this process no further requests; it leaves once it has finished those it has. */
  #dismiss(process: FunctionProcess, how: "retire" | "terminate"): void {
    this.#replace(process);
    const usage = this.#alive.get(process);
    if (!usage || usage.dismissed) return;
    usage.dismissed = how;
    if (usage.requests === 0) process[how]();
  }

  #replace(process: FunctionProcess): void {
    if (this.#successor === process) this.#successor = undefined;
    if (this.#serving !== process) return;
    this.#serving = this.#successor;
    this.#successor = undefined;
  }

  /** The next request gets a new process; the present one finishes what it has begun. */
  async renew(): Promise<void> {
    await this.#starting?.catch(() => {});
    if (this.#successor) this.#dismiss(this.#successor, "terminate");
    if (this.#serving) this.#dismiss(this.#serving, "terminate");
    this.#failure = undefined;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#starting?.catch(() => {});
    this.#serving = this.#successor = undefined;
    await Promise.all(this.processes.map((process) => this.#end(process)));
  }

  async #end(process: FunctionProcess): Promise<void> {
    process.terminate();
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
      if (this.#serving) this.#successor = process;
      else this.#serving = process;
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
    this.#alive.set(process, { requests: 0 });
    const replace = setTimeout(
      () => this.#dismiss(process, "retire"),
      limits.wallClockMs / 2,
    );
    const end = setTimeout(() => process.kill(), limits.wallClockMs);
    const stopCounting = this.#countCpu(process);
    process.gone.addEventListener("abort", () => {
      clearTimeout(replace);
      clearTimeout(end);
      stopCounting();
      this.#alive.delete(process);
      this.#replace(process);
    });
    process.exited.then((status) => {
      if (status.success) return;
      log.write(name, "error", `the process ended with ${describe(status)}`);
    });
  }

  /** Hosted's lines in the log, and what follows on each. */
  #countCpu(process: FunctionProcess): () => void {
    const { name, limits, log } = this.options;
    const { cpuSoftMs, cpuHardMs, cpuBootMs, unloadShare } = limits;
    const booted = threadCpuMs(process.pid);
    if (booted === undefined) return () => {};
    let isRetired = false;
    let isWarned = false;
    const timer = setInterval(() => {
      const now = threadCpuMs(process.pid);
      if (now === undefined) return;
      const used = now - booted + cpuBootMs;
      if (used >= cpuHardMs) {
        const line = `CPU time hard limit reached: isolate: ${process.id}`;
        log.write(name, "error", line);
        clearInterval(timer);
        return process.kill();
      }
      if (used >= cpuHardMs * unloadShare && !isWarned) {
        isWarned = true;
        process.warnOfCpu();
      }
      if (used >= cpuSoftMs && !isRetired) {
        isRetired = true;
        const line = `CPU time soft limit reached: isolate: ${process.id}`;
        log.write(name, "error", line);
        this.#dismiss(process, "retire");
      } else if (used >= cpuSoftMs * PREPARE_SHARE) this.#prepare(process);
    }, CPU_CHECK_MS);
    return () => clearInterval(timer);
  }

  #prepare(process: FunctionProcess): void {
    if (this.#serving !== process || this.#successor) return;
    if (this.#stopping.signal.aborted) return;
    // The request that needs it reports a failure to start.
    this.#started().catch(() => {});
  }
}
