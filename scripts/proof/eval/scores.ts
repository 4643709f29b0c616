import { percentile } from "../bench/statistics.ts";
import type { Outcome } from "./ask.ts";
import { type Measures, measuresOf } from "./metrics.ts";
import type { Mode } from "./question.ts";

/** The scores of some questions in one mode. */
export interface Score extends Measures {
  mode: Mode;
  /** Passages with an answer, and those of them that name another page. */
  answered: number;
  wrongPages: number;
  p50: number;
  p95: number;
}

export interface Group {
  name: string;
  /** One for each mode. */
  scores: Score[];
}

/** The scores of each group of outcomes, in the order of the groups' first outcomes. */
export function groupBy(
  outcomes: readonly Outcome[],
  nameOf: (outcome: Outcome) => string,
): Group[] {
  return [...Map.groupBy(outcomes, nameOf)].map(([name, ofGroup]) => ({
    name,
    scores: scoresOf(ofGroup),
  }));
}

/** One score for each mode. */
export function scoresOf(outcomes: readonly Outcome[]): Score[] {
  return [...Map.groupBy(outcomes, ({ mode }) => mode)].map(([mode, some]) => {
    const durations = some.map(({ ms }) => ms);
    const sum = (value: (outcome: Outcome) => number) => some.reduce((total, outcome) => total + value(outcome), 0);
    return {
      mode,
      ...measuresOf(some.map(({ rank }) => rank)),
      answered: sum(({ answered }) => answered),
      wrongPages: sum(({ wrongPages }) => wrongPages),
      p50: percentile(durations, 0.5),
      p95: percentile(durations, 0.95),
    };
  });
}

export function scoreIn(
  scores: readonly Score[],
  mode: Mode,
): Score | undefined {
  return scores.find((score) => score.mode === mode);
}
