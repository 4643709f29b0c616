import { expect, it } from "vitest";
import { isMet } from "../comparison.ts";
import { judgeSearch } from "./goals.ts";
import type { Cell } from "./latency.ts";
import { joined } from "./results.ts";
import type { SearchResult, SizeResult } from "./search.ts";

function cell(tenantChunks: number, given: Partial<Cell> = {}): Cell {
  return {
    tenantChunks,
    mode: "vector",
    narrowed: false,
    questions: 40,
    p50: 10,
    p95: 20,
    rows: 10,
    recall: 1,
    missing: 0,
    byKind: {} as Cell["byKind"],
    ...given,
  };
}

function size(chunks: number, given: Partial<SizeResult> = {}): SizeResult {
  return {
    chunks,
    cells: [cell(20_000), cell(5)],
    layouts: {
      rows: 1,
      present: [{ name: "rows", bytes: 5 }],
      former: [{ name: "rows", bytes: 8 }, { name: "i", bytes: 2 }],
    },
    writes: { product: [60], copy: [100] },
    ...given,
  } as SizeResult;
}

function result(...sizes: SizeResult[]): SearchResult {
  return {
    environment: {} as SearchResult["environment"],
    questions: 40,
    sizes,
  };
}

function judged(...sizes: SizeResult[]): Record<string, boolean | undefined> {
  return Object.fromEntries(
    judgeSearch(result(...sizes)).map((comparison) => [
      comparison.promise,
      isMet(comparison),
    ]),
  );
}

it("compares measurements with the goals, and reports missing ones", () => {
  const comparisons = Object.values(judged(size(100_000)));
  expect(comparisons.filter((met) => met === true)).toHaveLength(6);
  expect(comparisons.filter((met) => met === undefined)).toHaveLength(2);
  expect(Object.values(judged(size(100_000), size(1_000_000)))).toEqual(
    Array(8).fill(true),
  );
});

it.each<[string, Partial<SizeResult>]>([
  ["recall@10", { cells: [cell(20_000), cell(5, { recall: 0.97 })] }],
  ["missing rows, over all", { cells: [cell(20_000, { missing: 1 })] }],
  [
    "missing rows of the tenant",
    { cells: [cell(20_000), cell(5, { missing: 1 })] },
  ],
  ["p95 of 100,000", { cells: [cell(20_000), cell(5, { p95: 61 })] }],
  [
    "bytes",
    {
      layouts: {
        rows: 1,
        present: [{ name: "rows", bytes: 7 }],
        former: [{ name: "rows", bytes: 10 }],
      },
    },
  ],
  ["chunks/s", { writes: { product: [49], copy: [100] } } as never],
])("does not meet %s if one is worse", (promise, given) => {
  const comparisons = judged(size(100_000, given));
  const [, met] = Object.entries(comparisons).find(([name]) => name.startsWith(promise))!;
  expect(met).toBe(false);
});

it("compares tenants of equal size, and takes the worst", () => {
  const [, met] = Object.entries(judged(
    size(100_000, { cells: [cell(20_000, { p95: 30 }), cell(5, { p95: 2 })] }),
    size(1_000_000, {
      cells: [cell(20_000, { p95: 30 }), cell(5, { p95: 7 })],
    }),
  )).find(([name]) => name.includes("÷ of 100,000"))!;
  expect(met).toBe(false);
});

it("merges sizes of two calls, and prefers the later one", () => {
  const both = joined(
    result(size(10_000), size(1_000_000)),
    result(size(10_000, { date: "later" }), size(100_000)),
  );
  expect(both.sizes.map(({ chunks, date }) => [chunks, date])).toEqual([
    [10_000, "later"],
    [100_000, undefined],
    [1_000_000, undefined],
  ]);
});
