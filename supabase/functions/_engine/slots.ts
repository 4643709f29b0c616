/** The slots of a run. Each is free, reserved for a claim that is under way, or occupied by a message. */
export class Slots {
  readonly #occupied = new Set<string>();
  #reserved = 0;

  constructor(readonly count: number) {}

  get free(): number {
    return this.count - this.#occupied.size - this.#reserved;
  }

  get occupied(): number {
    return this.#occupied.size;
  }

  occupy(messageId: string): void {
    this.#occupied.add(messageId);
  }

  /** @returns whether the message occupied a slot */
  vacate(messageId: string): boolean {
    return this.#occupied.delete(messageId);
  }

  /** Keeps so many slots for what `claim` returns, until it has returned. */
  async reserve<T>(count: number, claim: () => Promise<T>): Promise<T> {
    this.#reserved += count;
    try {
      return await claim();
    } finally {
      this.#reserved -= count;
    }
  }
}
