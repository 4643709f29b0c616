import { describe, expect, it } from "vitest";
import { embedText, stem } from "./lexical_embedding.ts";
import { PASSAGES, QUESTIONS } from "./sample_passages.ts";

function similarity(a: number[], b: number[]): number {
  return a.reduce((sum, value, at) => sum + value * b[at], 0);
}

describe("the lexical embedding", () => {
  const passages = Object.entries(PASSAGES).map(([name, text]) => ({
    name,
    vector: embedText(text),
  }));

  it.each(QUESTIONS)("ranks the right passage first: %s", (question, right) => {
    const asked = embedText(question);
    const ranked = passages.map(({ name, vector }) => ({
      name,
      score: similarity(asked, vector),
    })).sort((a, b) => b.score - a.score);
    expect(ranked[0].name).toBe(right);
    expect(ranked[0].score).toBeGreaterThan(ranked[1].score * 1.2);
  });

  it("is of unit length, deterministic and not the same for different texts", () => {
    const vector = embedText("Clean the filter once a week");
    expect(vector).toHaveLength(1536);
    expect(Math.hypot(...vector)).toBeCloseTo(1, 10);
    expect(embedText("Clean the filter once a week")).toEqual(vector);
    expect(similarity(vector, embedText("The tax office is closed")))
      .toBeLessThan(0.3);
  });

  it.each(["!?", " ", "日本語", "\u0000", "the"])(
    "gives every text a direction: %j",
    (text) => {
      const vector = embedText(text);
      expect(Math.hypot(...vector)).toBeCloseTo(1, 10);
      expect(vector.every(Number.isFinite)).toBe(true);
    },
  );

  it("stays of unit length when shortened", () => {
    expect(embedText("frost and ice", 256)).toHaveLength(256);
    expect(Math.hypot(...embedText("frost and ice", 256))).toBeCloseTo(1, 10);
  });
});

describe("stemming", () => {
  it.each([
    ["renewed", "renewing"],
    ["installation", "installations"],
    ["stopped", "stop"],
    ["copies", "copy"],
    ["covers", "covered"],
    ["late", "lately"],
  ])("makes %s and %s one word", (one, other) => {
    expect(stem(one)).toBe(stem(other));
  });

  it("leaves short words and numbers alone", () => {
    expect(stem("bus")).toBe("bus");
    expect(stem("2026s")).toBe("2026s");
  });
});
