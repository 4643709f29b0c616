/** Delays that grow while nothing succeeds, and differ between clients, so that they do not all return at once. */
export class Backoff {
  readonly #shortest: number;
  readonly #longest: number;
  readonly #growth: number;
  #next: number;

  /** In milliseconds. */
  constructor(shortest: number, longest: number, growth = 2) {
    this.#shortest = shortest;
    this.#longest = longest;
    this.#growth = growth;
    this.#next = shortest;
  }

  next(): number {
    const delay = this.#next;
    this.#next = Math.min(delay * this.#growth, this.#longest);
    return delay * (0.8 + 0.4 * Math.random());
  }

  reset(): void {
    this.#next = this.#shortest;
  }
}
