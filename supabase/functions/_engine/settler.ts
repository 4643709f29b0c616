import type { Charge } from "./charges.ts";
import type { EndedAttempt } from "./leases.ts";
import type { Lease, Settlement } from "./stage.ts";

/** The most settlements in one transaction: bounds how long it holds its locks. */
const MAX_BATCH = 100;

interface Waiting extends EndedAttempt {
  resolve(settled: boolean): void;
  reject(error: unknown): void;
}

/**
 * Settles attempts as they end. Attempts that end while a transaction is under way share the next one: a lone attempt
 * waits for nothing, and under load many share one round trip.
 */
export class Settler {
  readonly #settleBatch: (batch: EndedAttempt[]) => Promise<Set<string>>;
  #waiting: Waiting[] = [];
  #isBusy = false;

  /** @param settleBatch settles in one transaction; returns the messages whose settlement took effect */
  constructor(settleBatch: (batch: EndedAttempt[]) => Promise<Set<string>>) {
    this.#settleBatch = settleBatch;
  }

  /** @returns whether it took effect; if not, the lease was lost and only the charges were recorded */
  settle(
    lease: Lease,
    settlement: Settlement,
    charges: Charge[] = [],
  ): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ lease, settlement, charges, resolve, reject });
      if (this.#isBusy) return;
      this.#isBusy = true;
      // After the attempts that end in this same turn. A timer would take a millisecond or two.
      queueMicrotask(() => this.#flush());
    });
  }

  async #flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, MAX_BATCH);
      try {
        await this.#settleAll(batch);
      } catch (error) {
        if (batch.length === 1) {
          batch[0].reject(error);
          continue;
        }
        // One attempt that cannot be settled must not hold up the others.
        for (const one of batch) await this.#settleAll([one]).catch(one.reject);
      }
    }
    this.#isBusy = false;
  }

  async #settleAll(batch: Waiting[]): Promise<void> {
    const messageIds = await this.#settleBatch(
      batch.map(({ lease, settlement, charges }) => ({
        lease,
        settlement,
        charges,
      })),
    );
    for (const { lease, resolve } of batch) {
      resolve(messageIds.has(lease.messageId));
    }
  }
}
