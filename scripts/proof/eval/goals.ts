import type { Outcome } from "./ask.ts";
import type { Kind } from "./question.ts";
import { groupBy, type Score, scoreIn, scoresOf } from "./scores.ts";

/** The goals of search among our own documents. These numbers are declared only here. */
export const GOALS = {
  /** Recall by words in each language, over the questions that have the passage's words in some form. */
  textRecallAt10: 0.9,
  /** The least improvement of nDCG@10 by hybrid search over text search: in each language, and over all. */
  hybridGainByLanguage: 0,
  hybridGain: 0.03,
};

/** Kinds that text search cannot answer, and hybrid search should. */
const IN_OTHER_WORDS: readonly Kind[] = ["synonym", "cross"];

/** Figures are means over few questions: smaller differences are noise. */
const NOTHING = 1e-9;

/**
 * The unmet goals, as one sentence each.
 * @param outcomes of our own documents
 */
export function unmetGoals(
  outcomes: readonly Outcome[],
  { isComplete }: {
    /** Whether all languages were evaluated, so that they are compared together, too. */
    isComplete: boolean;
  },
): string[] {
  const byWords = outcomes.filter(({ question }) => !IN_OTHER_WORDS.includes(question.kind));
  const language = ({ question }: Outcome) => question.language;
  return [
    ...groupBy(byWords, language).flatMap(({ name, scores }) => {
      const recall = scoreIn(scores, "text")?.recallAt10 ?? 0;
      return recall < GOALS.textRecallAt10 - NOTHING
        ? [
          `${name}: recall@10 by words is ${figure(recall)}, not ${figure(GOALS.textRecallAt10)}`,
        ]
        : [];
    }),
    ...groupBy(outcomes, language).flatMap(({ name, scores }) =>
      tooSmallGain(name, scores, GOALS.hybridGainByLanguage)
    ),
    ...isComplete ? tooSmallGain("all", scoresOf(outcomes), GOALS.hybridGain) : [],
  ];
}

function tooSmallGain(
  name: string,
  scores: readonly Score[],
  least: number,
): string[] {
  const text = scoreIn(scores, "text")?.ndcgAt10 ?? 0;
  const hybrid = scoreIn(scores, "hybrid")?.ndcgAt10 ?? 0;
  if (hybrid - text >= least - NOTHING) return [];
  return [
    `${name}: nDCG@10 in mode hybrid is ${figure(hybrid)}, in mode text ${figure(text)}, not ${figure(least)} less`,
  ];
}

function figure(value: number): string {
  return value.toFixed(3);
}
