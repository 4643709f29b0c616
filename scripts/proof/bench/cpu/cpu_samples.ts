import { threadCpuMs } from "../../../platform/stack/functions/cpu_time.ts";
import { now } from "../clock.ts";

const SAMPLE_MS = 5;

/** The CPU use of a function's processes over time. */
export class CpuSamples {
  /** CPU milliseconds by time in milliseconds since 1970. */
  readonly #samples: { at: number; ms: number }[] = [];
  readonly #timer: ReturnType<typeof setInterval>;
  #pid?: number;
  #latest = 0;
  #total = 0;

  /** @param pidOf returns the serving process */
  constructor(pidOf: () => number | undefined) {
    this.#timer = setInterval(() => this.#sample(pidOf()), SAMPLE_MS);
  }

  /** CPU time between two times, in milliseconds. */
  between(from: number, until: number): number {
    return this.#upTo(until) - this.#upTo(from);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #sample(pid: number | undefined): void {
    const used = pid === undefined ? undefined : threadCpuMs(pid);
    if (used === undefined) return;
    // A new process' CPU time before its first sample is its start-up.
    if (pid === this.#pid) this.#total += used - this.#latest;
    this.#pid = pid;
    this.#latest = used;
    this.#samples.push({ at: now(), ms: this.#total });
  }

  #upTo(time: number): number {
    const after = this.#samples.findIndex(({ at }) => at >= time);
    if (after === -1) return this.#samples.at(-1)?.ms ?? 0;
    if (after === 0) return this.#samples[0].ms;
    const [a, b] = this.#samples.slice(after - 1, after + 1);
    return a.ms + (b.ms - a.ms) * (time - a.at) / (b.at - a.at);
  }
}
