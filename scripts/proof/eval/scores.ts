import { percentile } from "../bench/statistics.ts";
import type { Outcome } from "./ask.ts";
import { type Measures, measuresOf } from "./metrics.ts";
import type { Mode } from "./question.ts";

/** What the answers to some questions in one mode are worth. */
export interface Score extends Measures {
  mode: Mode;
  /** Passages that have an answer, and those of them that name another page than it stands on. */
  answered: number;
  wrongPages: number;
  p50: number;
  p95: number;
}

export interface Group {
  name: string;
  /** One for each mode that was asked in. */
  scores: Score[];
}

/** The scores of each group of outcomes, the groups in the order in which they come first. */
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
    const sum = (value: (outcome: Outcome) => number) =>
      some.reduce((total, outcome) => total + value(outcome), 0);
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
