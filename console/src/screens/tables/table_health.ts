import type { Functions } from "../../database.types.ts";
import type { Tone } from "../../parts/badge.tsx";

export type TableRow = Functions["tables"]["Returns"][number];
export type Order = "size" | "dead rows" | "bloat";
export const ORDERS: Order[] = ["size", "dead rows", "bloat"];

/** Below this a table is small whatever its share of dead rows. */
const SMALL_BYTES = 10_000_000;

/** The dead rows beside the number at which autovacuum begins: it may be behind. */
export function deadTone({ dead_rows, vacuum_threshold }: Pick<TableRow, "dead_rows" | "vacuum_threshold">): Tone {
  const share = (dead_rows ?? 0) / Math.max(1, vacuum_threshold);
  return share > 3 ? "bad" : share > 1 ? "warn" : "quiet";
}

/** The share of the table, without its indexes, that holds no row. */
export function bloatShare({ bloat_bytes, table_bytes }: Pick<TableRow, "bloat_bytes" | "table_bytes">): number {
  return bloat_bytes === null || table_bytes === 0 ? 0 : Math.min(1, bloat_bytes / table_bytes);
}

export function bloatTone(table: Pick<TableRow, "bloat_bytes" | "table_bytes">): Tone {
  if ((table.bloat_bytes ?? 0) < SMALL_BYTES) return "quiet";
  const share = bloatShare(table);
  return share > 0.5 ? "bad" : share > 0.3 ? "warn" : "quiet";
}

export function ordered(tables: TableRow[], order: Order): TableRow[] {
  const by: Record<Order, (table: TableRow) => number> = {
    size: (table) => table.table_bytes + table.index_bytes,
    "dead rows": (table) => table.dead_rows ?? 0,
    bloat: (table) => table.bloat_bytes ?? 0,
  };
  return tables.toSorted((a, b) => by[order](b) - by[order](a));
}
