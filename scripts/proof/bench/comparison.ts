import type { Table } from "../../dev/terminal/table.ts";

/** A target and its measured value. */
export interface Comparison {
  promise: string;
  /** The measured factor; undefined if one of its two numbers was not measured. */
  factor?: number;
  /** The unit of a number that is not a factor: `ms`, or "" for a share. */
  unit?: string;
  bound: { atLeast: number } | { atMost: number };
  /** What limits the number when the target is not met. */
  limitedBy: string;
}

/** @returns undefined if it was not measured */
export function isMet({ factor, bound }: Comparison): boolean | undefined {
  if (factor === undefined) return undefined;
  return "atLeast" in bound ? factor >= bound.atLeast : factor <= bound.atMost;
}

export function comparisonTable(comparisons: Comparison[]): Table {
  return {
    columns: [
      { title: "target" },
      { title: "bound", align: "right" },
      { title: "measured", align: "right" },
      { title: "" },
    ],
    rows: comparisons.map((comparison) => [
      comparison.promise,
      boundText(comparison),
      comparison.factor === undefined ? "–" : factorText(comparison.factor, comparison.unit),
      WORDS.get(isMet(comparison))!,
    ]),
  };
}

/** A sentence for each target that is not met. */
export function limitLines(comparisons: Comparison[]): string[] {
  return comparisons.filter((comparison) => isMet(comparison) === false)
    .map(({ promise, limitedBy }) => `${promise}: bounded by ${limitedBy}.`);
}

const WORDS = new Map<boolean | undefined, string>([
  [true, "met"],
  [false, "not met"],
  [undefined, "not measured"],
]);

function boundText({ bound, unit = "×" }: Comparison): string {
  return "atLeast" in bound ? `≥ ${bound.atLeast}${spaced(unit)}` : `≤ ${bound.atMost}${spaced(unit)}`;
}

export function factorText(factor: number, unit = "×"): string {
  const digits = unit === "" ? 3 : factor >= 100 ? 0 : factor >= 10 ? 1 : factor >= 0.1 ? 2 : 3;
  return `${factor.toFixed(digits)}${spaced(unit)}`;
}

function spaced(unit: string): string {
  return /^\w/.test(unit) ? ` ${unit}` : unit;
}
