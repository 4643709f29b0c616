import type { Functions } from "../../database.types.ts";
import type { Tone } from "../../parts/badge.tsx";

export type Blocker = Functions["vacuum_blockers"]["Returns"][number];

const MINUTE_MS = 60_000;
/** A transaction of the pipeline takes seconds. */
const LONG_MS = MINUTE_MS;
const TOO_LONG_MS = 5 * MINUTE_MS;
/** As many transactions as a busy project has in an hour. */
const OLD_TRANSACTIONS = 1_000_000;
const MUCH_WAL = 1_000_000_000;

/** How much a blocker matters: `quiet` is normal, `warn` deserves a look, `bad` keeps dead rows for long. */
export function severityOf(
  { kind, state, since, age_transactions, retained_bytes, read_at }: Omit<Blocker, "name" | "role" | "remedy">,
): Tone {
  const openMs = since === null ? 0 : Date.parse(read_at) - Date.parse(since);
  switch (kind) {
    case "hidden sessions":
      return "quiet";
    case "replication slot": {
      const isOld = (age_transactions ?? 0) > OLD_TRANSACTIONS || (retained_bytes ?? 0) > MUCH_WAL;
      if (state?.startsWith("inactive")) return isOld || openMs > 60 * MINUTE_MS ? "bad" : "warn";
      return isOld ? "warn" : "quiet";
    }
    default:
      if (openMs > TOO_LONG_MS) return "bad";
      return openMs > LONG_MS ? "warn" : "quiet";
  }
}

export interface SortedBlockers {
  /** Those that deserve a look. */
  holding: Blocker[];
  /** The others: short transactions and consumers that keep up. */
  normal: Blocker[];
  hiddenCount: number;
}

export function sortBlockers(blockers: Blocker[]): SortedBlockers {
  const shown = blockers.filter(({ kind }) => kind !== "hidden sessions");
  return {
    holding: shown.filter((blocker) => severityOf(blocker) !== "quiet"),
    normal: shown.filter((blocker) => severityOf(blocker) === "quiet"),
    hiddenCount: blockers.filter(({ kind }) => kind === "hidden sessions").reduce(
      (sum, { name }) => sum + Number(name),
      0,
    ),
  };
}
