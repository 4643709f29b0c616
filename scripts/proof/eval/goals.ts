import type { Outcome } from "./ask.ts";
import type { Kind } from "./question.ts";
import { groupBy, type Score, scoreIn, scoresOf } from "./scores.ts";

/** What search has to reach with our own documents. These numbers are the only place where it is said. */
export const GOALS = {
  /** By words alone, in each language, of the questions that have the passage's words in some form. */
  textRecallAt10: 0.9,
  /** By how much hybrid search has to be better than search by words, in nDCG@10: in each language, and over all. */
  hybridGainByLanguage: 0,
  hybridGain: 0.03,
};

/** Search by words cannot find these, and hybrid search is to. */
const IN_OTHER_WORDS: readonly Kind[] = ["synonym", "cross"];

/** Figures are means of few questions: what is less than this is no difference. */
const NOTHING = 1e-9;

/**
 * The goals that are not reached, one sentence each.
 * @param outcomes of our own documents
 */
export function unmetGoals(
  outcomes: readonly Outcome[],
  { isComplete }: {
    /** Whether all languages were asked in: then they are judged together, too. */
    isComplete: boolean;
  },
): string[] {
  const byWords = outcomes.filter(({ question }) =>
    !IN_OTHER_WORDS.includes(question.kind)
  );
  const language = ({ question }: Outcome) => question.language;
  return [
    ...groupBy(byWords, language).flatMap(({ name, scores }) => {
      const recall = scoreIn(scores, "text")?.recallAt10 ?? 0;
      return recall < GOALS.textRecallAt10 - NOTHING
        ? [
          `${name}: recall@10 by words is ${figure(recall)}, not ${
            figure(GOALS.textRecallAt10)
          }`,
        ]
        : [];
    }),
    ...groupBy(outcomes, language).flatMap(({ name, scores }) =>
      tooSmallGain(name, scores, GOALS.hybridGainByLanguage)
    ),
    ...isComplete
      ? tooSmallGain("all", scoresOf(outcomes), GOALS.hybridGain)
      : [],
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
    `${name}: nDCG@10 in mode hybrid is ${figure(hybrid)}, in mode text ${
      figure(text)
    }, not ${figure(least)} less`,
  ];
}

function figure(value: number): string {
  return value.toFixed(3);
}
