import { describe, expect, it } from "vitest";
import { chanceOf } from "./chance.ts";
import { anyRank, FIRST_CONTENT_RANK, misspelt, rareRank, spelling, topicRank } from "./words.ts";

describe("anyRank", () => {
  const chance = chanceOf(1);
  const ranks = Array.from({ length: 100_000 }, () => anyRank(chance));
  const share = (from: number, to: number) => ranks.filter((rank) => rank >= from && rank < to).length / ranks.length;

  it("follows Zipf's law: twice the rank, half as often", () => {
    expect(share(0, 1)).toBeCloseTo(2 * share(1, 2), 1);
    expect(share(10, 20)).toBeCloseTo(share(100, 200), 1);
  });

  it("takes four words in ten from the function words", () => {
    expect(share(0, FIRST_CONTENT_RANK)).toBeGreaterThan(0.33);
    expect(share(0, FIRST_CONTENT_RANK)).toBeLessThan(0.47);
  });

  it("takes one word in seven from beyond the core vocabulary", () => {
    expect(share(8_000, Infinity)).toBeCloseTo(0.14, 1);
  });
});

it("gives rare words ranks that a 32-bit number holds", () => {
  expect(rareRank(() => 0)).toBe(8_000);
  expect(rareRank(() => 1 - 2 ** -32)).toBe(2 ** 31 - 1);
});

it("spells nearly all words differently", () => {
  const words = new Set<string>();
  for (let rank = 0; rank < 50_000; rank++) words.add(spelling(rank));
  expect(words.size).toBeGreaterThan(48_500);
});

it("gives topics their own vocabularies", () => {
  const of = (topic: number) => {
    const chance = chanceOf(2, topic);
    return new Set(
      Array.from({ length: 1_000 }, () => topicRank(chance, topic)),
    );
  };
  const [first, second] = [of(1), of(2)];
  const shared = [...first].filter((rank) => second.has(rank)).length;
  expect(shared).toBeLessThan(first.size * 0.1);
});

it("exchanges one letter, but not the first", () => {
  for (let i = 0; i < 200; i++) {
    const wrong = misspelt(chanceOf(i), "zumilat");
    expect(wrong).toMatch(/^z[a-z]{6}$/);
    const same = [...wrong].filter((letter, at) => letter === "zumilat"[at]);
    expect(same).toHaveLength(6);
  }
});
