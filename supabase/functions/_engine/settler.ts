import type { Charge } from "./charges.ts";
import type { Leases, Onward, Settled } from "./leases.ts";
import type { Lease, Settlement, StageName } from "./stage.ts";

/** The most settlements in one transaction: bounds how long its locks are held. */
const MOST = 100;

interface Waiting {
  lease: Lease;
  settlement: Settlement;
  charges: Charge[];
  resolve(settled: boolean): void;
  reject(error: unknown): void;
}

/** A run's say in how it goes on when it settles. */
export interface Going {
  /** Where to, with these that are all done. */
  onwardWith(done: Lease[]): Onward | undefined;
  /** @param settled what came of it; null if that went wrong */
  goOn(done: Lease[], onward: Onward, settled: Settled | null): void;
}

/**
 * Settles attempts as they end. While one transaction is under way, what ends meanwhile gathers and shares the next: alone,
 * an attempt waits for nothing; under load, many share one round trip.
 */
export class Settler {
  #waiting: Waiting[] = [];
  #busy = false;

  constructor(
    readonly leases: Leases,
    readonly stage: StageName,
    readonly going?: Going,
  ) {}

  /** @returns whether it took effect; if not, the lease was lost and nothing changed but that the charges are known */
  settle(
    lease: Lease,
    settlement: Settlement,
    charges: Charge[] = [],
  ): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ lease, settlement, charges, resolve, reject });
      if (this.#busy) return;
      this.#busy = true;
      // After the attempts that end in this same turn. A timer would take a millisecond or two.
      queueMicrotask(() => this.#flush());
    });
  }

  async #flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, MOST);
      const leases = batch.map(({ lease }) => lease);
      const allDone = batch.every(({ settlement }) =>
        settlement.outcome === "done"
      );
      const onward = allDone ? this.going?.onwardWith(leases) : undefined;
      const settled = await this.leases.settle(this.stage, batch, onward)
        .catch((error) => this.#oneByOne(batch, error));
      if (onward) this.going?.goOn(leases, onward, settled);
      if (!settled) continue;
      for (const { lease, resolve } of batch) {
        resolve(settled.messageIds.has(lease.messageId));
      }
    }
    this.#busy = false;
  }

  /** One that cannot be settled must not hold up the others. */
  async #oneByOne(batch: Waiting[], error: unknown): Promise<null> {
    if (batch.length === 1) {
      batch[0].reject(error);
      return null;
    }
    for (const item of batch) {
      await this.leases.settle(this.stage, [item]).then(
        (settled) => item.resolve(settled.messageIds.has(item.lease.messageId)),
        item.reject,
      );
    }
    return null;
  }
}
