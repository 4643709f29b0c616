/** Seconds that one count covers. */
const COUNT_SECONDS = 5;
/** How many counts the mean is of, at most. */
const COUNTS = 12;

/**
 * Events a second, as the real server counts them: the mean of the last minute's counts of five seconds each, without
 * the current one. So a short burst passes, and a lasting excess is refused for a while after it has ended.
 */
export class Rate {
  #counts = new Map<number, number>();
  #since: number | undefined;
  readonly #now: () => number;

  /** @param now in milliseconds */
  constructor(readonly limit: number, now = () => performance.now()) {
    this.#now = now;
  }

  add(events = 1): void {
    const slot = this.#slot();
    this.#forget(slot);
    this.#since ??= slot;
    this.#counts.set(slot, (this.#counts.get(slot) ?? 0) + events);
  }

  get perSecond(): number {
    const slot = this.#slot();
    this.#forget(slot);
    if (this.#since === undefined) return 0;
    const finished = Math.min(slot - this.#since, COUNTS);
    if (finished === 0) return 0;
    const sum = [...this.#counts].reduce((sum, [of, count]) => of < slot ? sum + count : sum, 0);
    return sum / finished / COUNT_SECONDS;
  }

  get isExceeded(): boolean {
    return this.perSecond >= this.limit;
  }

  #slot(): number {
    return Math.floor(this.#now() / 1000 / COUNT_SECONDS);
  }

  #forget(slot: number): void {
    for (const of of this.#counts.keys()) {
      if (of < slot - COUNTS) this.#counts.delete(of);
    }
    if (this.#counts.size === 0) this.#since = undefined;
  }
}
