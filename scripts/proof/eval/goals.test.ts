import { describe, expect, it } from "vitest";
import type { Outcome } from "./ask.ts";
import { unmetGoals } from "./goals.ts";
import type { Kind, Mode } from "./question.ts";

function outcomes(
  language: string,
  kind: Kind,
  ranks: Record<Mode, number | null>,
): Outcome[] {
  return Object.entries(ranks).map(([mode, rank]) => ({
    question: {
      source: "own",
      language,
      kind,
      document: "it",
      query: "?",
      expected: "!",
      pages: [1],
      isAnswered: () => true,
    },
    mode: mode as Mode,
    rank,
    answered: 0,
    wrongPages: 0,
    ms: 1,
    got: [],
  }));
}

const FOUND = { text: 2, vector: 1, hybrid: 1 };
const ALL = { isComplete: true };

describe("unmetGoals", () => {
  it("returns nothing if words find everything and meaning improves the ranking", () => {
    expect(unmetGoals(outcomes("de", "plain", FOUND), ALL)).toEqual([]);
  });

  it("names a language whose words are not found", () => {
    const missed = outcomes("ja", "code", { ...FOUND, text: null });
    expect(unmetGoals(missed, ALL)).toEqual([
      "ja: recall@10 by words is 0.000, not 0.900",
    ]);
  });

  it("ignores questions that words cannot answer", () => {
    const missed = outcomes("ja", "cross", { ...FOUND, text: null });
    expect(unmetGoals(missed, ALL)).toEqual([]);
  });

  it("names a language in which hybrid search is worse, and the missing improvement over all", () => {
    const worse = outcomes("fr", "plain", { text: 1, vector: 1, hybrid: 2 });
    expect(unmetGoals(worse, ALL)).toEqual([
      "fr: nDCG@10 in mode hybrid is 0.631, in mode text 1.000, not 0.000 less",
      "all: nDCG@10 in mode hybrid is 0.631, in mode text 1.000, not 0.030 less",
    ]);
    expect(unmetGoals(worse, { isComplete: false })).toHaveLength(1);
  });
});
