import type { Comparison } from "../comparison.ts";
import type { Cell } from "./latency.ts";
import type { SearchResult, SizeResult } from "./search.ts";
import type { Part } from "./storage.ts";

/** The goal for p95, in milliseconds. */
export const MOST_MS = 60;
const FROM = 100_000;
const MILLION = 1_000_000;

/** The search goals, each over all measured sizes unless it names one. */
export function judgeSearch({ sizes }: SearchResult): Comparison[] {
  const cells = sizes.flatMap(({ cells }) => cells);
  const large = sizes.filter(({ chunks }) => chunks >= FROM);
  return [
    {
      promise: "recall@10 by vector, worst tenant",
      factor: least(cells.flatMap(({ recall }) => recall ?? [])),
      unit: "",
      bound: { atLeast: 0.98 },
      limitedBy: "the number of approximate neighbours that are compared exactly",
    },
    {
      promise: "missing rows, over all questions",
      factor: cells.length > 0 ? cells.reduce((sum, { missing }) => sum + missing, 0) : undefined,
      unit: " rows",
      bound: { atMost: 0 },
      limitedBy: "the candidates of the text and vector searches",
    },
    {
      promise: "missing rows of the tenant with 5 chunks",
      factor: tiny(cells).length > 0 ? tiny(cells).reduce((sum, { missing }) => sum + missing, 0) : undefined,
      unit: " rows",
      bound: { atMost: 0 },
      limitedBy: "the candidates of the text and vector searches",
    },
    ...[FROM, MILLION].map((chunks): Comparison => ({
      promise: `p95 of ${chunks.toLocaleString("en-US")} chunks, worst tenant and mode`,
      factor: worst(large.find((size) => size.chunks === chunks)),
      unit: "ms",
      bound: { atMost: MOST_MS },
      limitedBy: "see where the time goes",
    })),
    {
      promise: "p95 of 1,000,000 chunks ÷ of 100,000, worst tenant of equal size",
      factor: growth(
        sizes.find(({ chunks }) => chunks === FROM),
        sizes.find(({ chunks }) => chunks === MILLION),
      ),
      bound: { atMost: 3 },
      limitedBy: "the share of the read data that is in memory",
    },
    {
      promise: "bytes per chunk ÷ former layout",
      factor: most(
        sizes.map(({ layouts }) => total(layouts.present) / total(layouts.former)),
      ),
      bound: { atMost: 0.6 },
      limitedBy: "the parts in the table of bytes",
    },
    {
      promise: "chunks/s through the pipeline's functions ÷ by copy",
      factor: least(
        sizes.map(({ writes }) => middle(writes.product) / middle(writes.copy)),
      ),
      bound: { atLeast: 0.5 },
      limitedBy: "the steps before the activation",
    },
  ];
}

export function total(parts: Part[]): number {
  return parts.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** The median. */
export function middle(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

/** The worst p95 of a size's tenants in any mode; undefined if it was not measured. */
export function worst(
  size: SizeResult | undefined,
  tenantChunks?: number,
): number | undefined {
  return most(
    (size?.cells ?? [])
      .filter((cell) => tenantChunks === undefined || cell.tenantChunks === tenantChunks)
      .map(({ p95 }) => p95),
  );
}

function growth(
  smaller: SizeResult | undefined,
  larger: SizeResult | undefined,
): number | undefined {
  const sizes = new Set(smaller?.cells.map(({ tenantChunks }) => tenantChunks));
  return most(
    [...sizes].flatMap((tenantChunks) => {
      const [before, after] = [
        worst(smaller, tenantChunks),
        worst(larger, tenantChunks),
      ];
      return before === undefined || after === undefined ? [] : [after / before];
    }),
  );
}

function tiny(cells: Cell[]): Cell[] {
  return cells.filter(({ tenantChunks }) => tenantChunks === 5);
}

function least(values: number[]): number | undefined {
  return values.length > 0 ? Math.min(...values) : undefined;
}

function most(values: number[]): number | undefined {
  return values.length > 0 ? Math.max(...values) : undefined;
}
