import { z } from "zod";
import { MODES } from "./question.ts";
import type { Group } from "./scores.ts";

/** nDCG@10 by language and mode. */
const figures = z.record(
  z.string(),
  z.partialRecord(z.enum(MODES), z.number()),
);
export type Figures = z.infer<typeof figures>;

/** The accepted figures: of our own documents, and of the full set with Debian's books. */
export const baselineSchema = z.strictObject({
  own: figures,
  full: figures,
});
export type Baseline = z.infer<typeof baselineSchema>;

/** The accepted decrease of a figure. */
export const TOLERANCE = 0.01;

/** Rounds to four digits: further ones are noise. */
export function figuresOf(byLanguage: readonly Group[]): Figures {
  return Object.fromEntries(
    byLanguage.map(({ name, scores }) => [
      name,
      Object.fromEntries(
        scores.map(({ mode, ndcgAt10 }) => [mode, round(ndcgAt10)]),
      ),
    ]),
  );
}

/** The figures below the baseline, or without one, as one sentence each. */
export function dropsFrom(
  baseline: Figures,
  now: Figures,
  set: string,
): string[] {
  return Object.entries(now).flatMap(([language, byMode]) =>
    MODES.flatMap((mode) => {
      const value = byMode[mode];
      if (value === undefined) return [];
      const before = baseline[language]?.[mode];
      const what = `nDCG@10 of ${set}, ${language}, mode ${mode}`;
      if (before === undefined) {
        return [`${what}: ${value}, and the baseline has none`];
      }
      // Both have four digits.
      return round(before - value) > TOLERANCE ? [`${what}: ${value}, before ${before}`] : [];
    })
  );
}

/** The baseline with the measured figures replaced and the others kept. */
export function withFigures(
  baseline: Baseline,
  measured: Partial<Baseline>,
): Baseline {
  return {
    own: { ...baseline.own, ...measured.own },
    full: { ...baseline.full, ...measured.full },
  };
}

function round(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
