import type { Table } from "../../dev/terminal/table.ts";

/** A promise about the numbers, and what was found. */
export interface Verdict {
  promise: string;
  /** The comparison's factor as it was measured; undefined if one of its two numbers was not. */
  factor?: number;
  /** What the number counts, where it is no factor: `ms`, or "" for a share. */
  unit?: string;
  bound: { atLeast: number } | { atMost: number };
  /** What the number cannot get past, for a promise that is not kept. */
  limitedBy: string;
}

/** @returns undefined if it was not measured */
export function isMet({ factor, bound }: Verdict): boolean | undefined {
  if (factor === undefined) return undefined;
  return "atLeast" in bound ? factor >= bound.atLeast : factor <= bound.atMost;
}

export function comparisonTable(verdicts: Verdict[]): Table {
  return {
    columns: [
      { title: "target" },
      { title: "bound", align: "right" },
      { title: "measured", align: "right" },
      { title: "" },
    ],
    rows: verdicts.map((verdict) => [
      verdict.promise,
      boundText(verdict),
      verdict.factor === undefined
        ? "–"
        : factorText(verdict.factor, verdict.unit),
      WORDS.get(isMet(verdict))!,
    ]),
  };
}

/** A sentence for each promise that is not kept. */
export function limitLines(verdicts: Verdict[]): string[] {
  return verdicts.filter((verdict) => isMet(verdict) === false)
    .map(({ promise, limitedBy }) => `${promise}: bounded by ${limitedBy}.`);
}

const WORDS = new Map<boolean | undefined, string>([
  [true, "met"],
  [false, "not met"],
  [undefined, "not measured"],
]);

function boundText({ bound, unit = "×" }: Verdict): string {
  return "atLeast" in bound
    ? `≥ ${bound.atLeast}${spaced(unit)}`
    : `≤ ${bound.atMost}${spaced(unit)}`;
}

export function factorText(factor: number, unit = "×"): string {
  const digits = unit === ""
    ? 3
    : factor >= 100
    ? 0
    : factor >= 10
    ? 1
    : factor >= 0.1
    ? 2
    : 3;
  return `${factor.toFixed(digits)}${spaced(unit)}`;
}

function spaced(unit: string): string {
  return /^\w/.test(unit) ? ` ${unit}` : unit;
}
