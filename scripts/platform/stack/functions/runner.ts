import { threadCpuMs } from "./cpu_time.ts";
import { BootError, describe, type FunctionProcess, startFunctionProcess } from "./process.ts";
import type { FunctionLimits } from "./limits.ts";
import type { FunctionLog } from "./log.ts";

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;
/** Milliseconds between two looks at a process's CPU time, and so how far it may exceed its limit. */
const CPU_CHECK_MS = 20;
/** A replacement starts so much CPU time before the soft limit, because a start takes longer here than on hosted. */
const PREPARE_SHARE = 0.7;

export interface RunnerOptions {
  name: string;
  entrypoint: string;
  /** Resolves its imports; by default the deno.json beside the entry point or above. */
  importMap?: string;
  env: Record<string, string>;
  limits: FunctionLimits;
  log: FunctionLog;
}

/** The runner's record of a process. */
interface Usage {
  /** Requests whose response has not begun. */
  requests: number;
  /** It accepts no new requests and is asked to exit, in this way, when it has none. */
  dismissed?: "retire" | "terminate";
}

/** One function: the processes that accept requests, more of them under load, and those that are finishing. */
export class FunctionRunner {
  #starting?: Promise<FunctionProcess>;
  #failure?: { error: BootError; count: number; retryAt: number };
  /** In the order in which they started. */
  readonly #alive = new Map<FunctionProcess, Usage>();
  readonly #stopping = new AbortController();

  constructor(private readonly options: RunnerOptions) {}

  get processes(): FunctionProcess[] {
    return [...this.#alive.keys()];
  }

  /**
   * Runs `work` with the least busy process that accepts requests. It starts one if there is none, or if all are
   * crowded and another is allowed. Requests that find none share the start; of those that find all crowded, one waits
   * for the new process.
   * @throws {BootError} also without a new attempt, for a while after a failed one
   */
  async use<T>(work: (process: FunctionProcess) => Promise<T>): Promise<T> {
    const process = this.#free() ?? await this.#another();
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

  #free(): FunctionProcess | undefined {
    const found = this.#leastBusy();
    const hasBacklog = found && found.requests >= this.options.limits.crowd;
    return hasBacklog && this.#mayHaveAnother() ? undefined : found?.process;
  }

  async #another(): Promise<FunctionProcess> {
    return await this.#started().catch((error) => {
      const crowded = this.#leastBusy();
      if (crowded) return crowded.process;
      throw error;
    });
  }

  #serving(): { process: FunctionProcess; requests: number }[] {
    return [...this.#alive]
      .filter(([, { dismissed }]) => !dismissed)
      .map(([process, { requests }]) => ({ process, requests }));
  }

  #leastBusy(): { process: FunctionProcess; requests: number } | undefined {
    const [first, ...others] = this.#serving();
    return others.reduce(
      (least, each) => each.requests < least!.requests ? each : least,
      first,
    );
  }

  #mayHaveAnother(): boolean {
    if (this.#starting || this.#stopping.signal.aborted) return false;
    return this.#serving().length < this.options.limits.isolates;
  }

  /** Sends this process no more requests; it exits when it has finished those it has. */
  #dismiss(process: FunctionProcess, how: "retire" | "terminate"): void {
    const usage = this.#alive.get(process);
    if (!usage || usage.dismissed) return;
    usage.dismissed = how;
    if (usage.requests === 0) process[how]();
  }

  /** The next request gets a new process; present processes finish what they have begun. */
  async renew(): Promise<void> {
    await this.#starting?.catch(() => {});
    for (const process of this.processes) this.#dismiss(process, "terminate");
    this.#failure = undefined;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#starting?.catch(() => {});
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
      this.#watch(process);
      return process;
    } catch (error) {
      if (error instanceof BootError) this.#pauseAfter(error);
      throw error;
    }
  }

  /** Keeps a function that cannot start from being started for each request. */
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
    });
    process.exited.then((status) => {
      if (status.success) return;
      log.write(name, "error", `the process ended with ${describe(status)}`);
    });
  }

  /** Hosted's log lines, and the action that follows each. */
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

  /** Starts a replacement before this process stops accepting requests. */
  #prepare(process: FunctionProcess): void {
    const serving = this.#serving();
    if (serving.length !== 1 || serving[0].process !== process) return;
    if (this.#starting || this.#stopping.signal.aborted) return;
    // The request that needs it reports a failure to start.
    this.#started().catch(() => {});
  }
}
