import { describe, expect, it } from "vitest";
import { qualityPlot } from "./plot.ts";
import type { Score } from "./scores.ts";

const SCORE: Score = {
  mode: "text",
  questions: 1,
  recallAt5: 1,
  recallAt10: 1,
  mrr: 1,
  ndcgAt10: 0.5,
  answered: 1,
  wrongPages: 0,
  p50: 1,
  p95: 1,
};

describe("qualityPlot", () => {
  const svg = qualityPlot([{
    name: "de",
    scores: [SCORE, { ...SCORE, mode: "hybrid", ndcgAt10: 1 }],
  }]);

  it("draws a bar of the right height for each mode", () => {
    const heights = [...svg.matchAll(/height="([\d.]+)" fill="#[^>]*><title>/g)]
      .map((match) => Number(match[1]));
    expect(heights[0] * 2).toBeCloseTo(heights[1], 5);
    expect(svg).toContain("<title>de, hybrid: 1.000</title>");
  });

  it("follows the reader's colour scheme", () => {
    expect(svg).toContain("prefers-color-scheme: dark");
  });
});
