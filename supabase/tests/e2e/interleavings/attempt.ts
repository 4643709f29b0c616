import type { Lease } from "./ledger.ts";
import { type Scene, transact } from "./scene.ts";
import { doWork, parsedOutput, settle, type Settlement } from "./worker.ts";

/** A worker's attempt at a lease. Null: the worker died, or found that it had lost the lease. */
export async function attempt(
  { sql, random, ledger }: Scene,
  lease: Lease,
): Promise<Settlement | null> {
  const ending = random.weighted({
    done: 60,
    retry: 12,
    pause: 8,
    reject: 4,
    parsed: lease.stage === "parse" ? 10 : 0,
    poll: lease.stage === "fetch_result" ? 15 : 0,
    resubmit: lease.stage === "fetch_result" ? 6 : 0,
    death: 6,
  });
  const after_seconds = random.pick([0, 0, 3, 30]);
  switch (ending) {
    case "done":
    case "death": {
      const output = await doWork(sql, lease, {
        chunkCount: random.chance(0.4) ? random.between(0, 1) : undefined,
        version: String(random.between(1, 3)),
      });
      if (ending === "death" || output === null) {
        ledger.forget(lease);
        return null;
      }
      if (output !== "unfinished") return { lease, outcome: "done", output };
      // A faulty worker settles unfinished work as done.
      return random.chance(0.5)
        ? { lease, outcome: "done", output: {} }
        : { lease, outcome: "pause", after_seconds: 0 };
    }
    case "parsed":
      return { lease, outcome: ending, output: parsedOutput(lease) };
    case "retry":
      return {
        lease,
        outcome: ending,
        after_seconds,
        fault: random.chance(0.3) ? "transient" : undefined,
      };
    case "pause":
      return {
        lease,
        outcome: ending,
        after_seconds,
        fault: random.pick([undefined, "throttled", "exhausted"]),
      };
    default:
      return { lease, outcome: ending };
  }
}

export async function settleAll(
  scene: Scene,
  settlements: Settlement[],
): Promise<void> {
  if (settlements.length === 0) return;
  for (const { lease } of settlements) scene.ledger.forget(lease);
  const continueWith = settlements.every(({ outcome }) => outcome === "done")
    ? scene.random.pick([undefined, "next stage", "claim"] as const)
    : undefined;
  await transact(
    scene,
    (tx) => settle(tx, scene.ledger, settlements, { continueWith }),
  )
    .catch((error) => {
      // The engine refuses to complete a document with missing vectors.
      if (!/without a vector/.test(error.message)) throw error;
    });
}
