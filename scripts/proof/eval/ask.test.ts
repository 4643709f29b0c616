import { describe, expect, it } from "vitest";
import { judge } from "./ask.ts";
import type { Question } from "./question.ts";

const QUESTION: Question = {
  source: "own",
  language: "en",
  kind: "plain",
  document: "rules",
  query: "how long?",
  expected: "three weeks",
  pages: [2],
  isAnswered: (content) => content.includes("three weeks"),
};

function hit(content: string, over: Record<string, unknown> = {}) {
  return {
    document_id: "a",
    filename: "rules.pdf",
    page: 2,
    heading_path: [],
    content,
    score: 1 / content.length,
    ...over,
  };
}

describe("judge", () => {
  it("returns the rank of the first passage of the document with the answer", () => {
    const { rank, answered, wrongPages } = judge(QUESTION, [
      hit("for three weeks", { document_id: "b", score: 3 }),
      hit("something else", { score: 2 }),
      hit("for three weeks", { score: 1 }),
    ], "a");
    expect({ rank, answered, wrongPages }).toEqual({
      rank: 3,
      answered: 1,
      wrongPages: 0,
    });
  });

  it("counts passages that name another page or none", () => {
    const { answered, wrongPages } = judge(QUESTION, [
      hit("three weeks", { page: 1 }),
      hit("three weeks", { page: null }),
      hit("three weeks"),
      hit("four weeks", { page: 9 }),
    ], "a");
    expect({ answered, wrongPages }).toEqual({ answered: 3, wrongPages: 2 });
  });

  it("gives passages of equal score the mean of their ranks, in any order", () => {
    const right = hit("three weeks", { score: 0.5 });
    const wrong = hit("four weeks", { score: 0.5 });
    const best = hit("five weeks", { score: 0.9 });
    expect(judge(QUESTION, [best, right, wrong], "a").rank).toBe(2.5);
    expect(judge(QUESTION, [best, wrong, right], "a").rank).toBe(2.5);
  });

  it("returns no rank for an answer beyond ten hits, or in another document", () => {
    const others = Array.from({ length: 10 }, () => hit("four weeks"));
    expect(judge(QUESTION, [...others, hit("three weeks")], "a").rank)
      .toBeNull();
    expect(judge(QUESTION, [hit("three weeks")], undefined).rank).toBeNull();
  });
});
