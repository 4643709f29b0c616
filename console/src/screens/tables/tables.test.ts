import { describe, expect, it } from "vitest";
import { type Blocker, severityOf, sortBlockers } from "./blockers.ts";
import { bloatShare, bloatTone, deadTone, ordered, type TableRow } from "./table_health.ts";

const READ_AT = "2026-11-23T12:00:00Z";
const blocker = (given: Partial<Blocker> = {}): Blocker => ({
  kind: "session",
  name: "4711 api",
  role: "postgres",
  state: "active",
  since: "2026-11-23T11:59:59Z",
  age_transactions: 3,
  retained_bytes: null,
  remedy: "Wait.",
  read_at: READ_AT,
  ...given,
});

describe("severityOf", () => {
  it.each([
    ["quiet", {}],
    ["warn", { since: "2026-11-23T11:58:00Z", state: "idle in transaction" }],
    ["bad", { since: "2026-11-23T11:50:00Z" }],
    ["bad", { kind: "prepared transaction", since: "2026-11-23T09:00:00Z" }],
    ["quiet", { since: null }],
  ])("is %s for a transaction: %j", (tone, given) => {
    expect(severityOf(blocker(given))).toBe(tone);
  });

  it.each([
    ["quiet", { state: "active, reserved", retained_bytes: 1_000 }],
    ["warn", { state: "active, extended", retained_bytes: 5_000_000_000 }],
    ["warn", { state: "inactive, reserved", since: "2026-11-23T11:59:00Z", retained_bytes: 1_000 }],
    ["bad", { state: "inactive, reserved", since: "2026-11-22T12:00:00Z", retained_bytes: 1_000 }],
    ["bad", { state: "inactive, extended", since: null, age_transactions: 5_000_000 }],
  ])("is %s for a slot, however long it is there: %j", (tone, given) => {
    expect(severityOf(blocker({ kind: "replication slot", ...given }))).toBe(tone);
  });
});

it("parts what holds vacuum back from what is normal, and counts what is hidden", () => {
  const old = blocker({ since: "2026-11-23T10:00:00Z" });
  const hidden = blocker({ kind: "hidden sessions", name: "7", since: null, age_transactions: null });
  expect(sortBlockers([old, blocker(), hidden])).toEqual({ holding: [old], normal: [blocker()], hiddenCount: 7 });
});

const table = (given: Partial<TableRow>): TableRow => ({
  table_name: "t",
  table_bytes: 100_000_000,
  index_bytes: 0,
  estimated_rows: 1,
  dead_rows: 0,
  vacuum_threshold: 100,
  bloat_bytes: 0,
  last_vacuum_at: null,
  last_autovacuum_at: null,
  last_analyze_at: null,
  age_transactions: 1,
  ...given,
});

describe("a table's health", () => {
  it.each([["quiet", 90], ["warn", 150], ["bad", 500], ["quiet", null]])(
    "is %s with %j dead rows of 100",
    (tone, dead) => {
      expect(deadTone(table({ dead_rows: dead }))).toBe(tone);
    },
  );

  it.each([["quiet", 20_000_000], ["warn", 40_000_000], ["bad", 60_000_000], ["quiet", null]])(
    "is %s with %j bytes of bloat of 100 MB",
    (tone, bloat_bytes) => {
      expect(bloatTone(table({ bloat_bytes }))).toBe(tone);
    },
  );

  it("does not mind the bloat of a small table", () => {
    expect(bloatTone(table({ table_bytes: 40_000, bloat_bytes: 39_000 }))).toBe("quiet");
    expect(bloatShare(table({ table_bytes: 0, bloat_bytes: 0 }))).toBe(0);
  });
});

it("orders tables by what the operator looks for", () => {
  const big = table({ table_name: "big", index_bytes: 9_000_000_000 });
  const dead = table({ table_name: "dead", dead_rows: 9 });
  const bloated = table({ table_name: "bloated", bloat_bytes: 9 });
  const first = (order: "size" | "dead rows" | "bloat") => ordered([table({}), big, dead, bloated], order)[0];
  expect([first("size"), first("dead rows"), first("bloat")]).toEqual([big, dead, bloated]);
});
