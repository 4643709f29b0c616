import process from "node:process";
import { describe, expect, it } from "vitest";
import * as reference from "gpt-tokenizer/encoding/cl100k_base";
import * as fc from "fast-check";
import { countTokens, splitByTokens } from "./tokens.ts";

const split = (...parameters: Parameters<typeof splitByTokens>) => [
  ...splitByTokens(...parameters),
];

describe("countTokens", () => {
  it("counts as the embedding model's tokenizer does", () => {
    // OpenAI's cookbook, "How to count tokens with tiktoken": cl100k_base.
    expect(countTokens("antidisestablishmentarianism")).toBe(6);
    expect(countTokens("2 + 2 = 4")).toBe(7);
    expect(countTokens("お誕生日おめでとう")).toBe(9);
    expect(countTokens("")).toBe(0);
  });

  it("counts what gpt-tokenizer counts, whatever the text", () => {
    const piece = fc.constantFrom(
      ..."a B z é ß 文 書 あ ー 😀 👩‍👩‍👧 1 23 456 ٣ ½ ' 's 'LL \u2019s . ... - -- | # _ \t \u00a0"
        .split(" "),
      " ",
      "  ",
      "\n",
      "\n\n",
      " \n ",
      "word",
      "Überstunden",
      "延滞料",
      "x".repeat(60),
    );
    fc.assert(fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const text = pieces.join("");
      // Longer words are cut, which may count a token or so too many.
      fc.pre(!/[^\s]{80}/u.test(text));
      expect(countTokens(text)).toBe(
        reference.countTokens(text, { disallowedSpecial: new Set() }),
      );
    }));
  });

  it("counts a control token in the text as ordinary text", () => {
    expect(countTokens("<|endoftext|>")).toBeGreaterThan(1);
    expect(countTokens("a <|fim_prefix|> b")).toBeGreaterThan(4);
  });

  it("counts an unbroken megabyte in linear time", () => {
    const before = process.cpuUsage();
    expect(countTokens("ab".repeat(500_000))).toBeGreaterThan(100_000);
    expect(countTokens(" ".repeat(1_000_000))).toBeGreaterThan(1_000);
    // Quadratic time would be minutes.
    expect(process.cpuUsage(before).user / 1e6).toBeLessThan(5);
  });

  it("counts a lone surrogate", () => {
    expect(countTokens("a\ud83db")).toBeGreaterThan(0);
  });
});

describe("splitByTokens", () => {
  const texts = {
    prose: "The quick brown fox jumps over the lazy dog, twice. ".repeat(40),
    emoji: "👩‍👩‍👧‍👦🇩🇪😀 ".repeat(60),
    chinese: "文档被切分成若干片段".repeat(60),
    unbroken: "x9Zq".repeat(500),
    spaces: `a${" ".repeat(3_000)}b`,
    control: "<|endoftext|>".repeat(50),
    mark: "\ufeffbyte order mark",
  };

  for (const [name, text] of Object.entries(texts)) {
    for (const maxTokens of [1, 4, 7, 64]) {
      it(`cuts ${name} into whole characters of at most ${maxTokens} tokens`, () => {
        const pieces = split(text, maxTokens);
        expect(pieces.join("")).toBe(text);
        for (const piece of pieces) {
          expect(piece.isWellFormed()).toBe(true);
          const oneCharacter = [...piece].length === 1;
          if (!oneCharacter) {
            expect(countTokens(piece)).toBeLessThanOrEqual(maxTokens);
          }
        }
      });
    }
  }

  it("returns a text that fits unchanged, and nothing for no text", () => {
    expect(split("two words", 2)).toEqual(["two words"]);
    expect(split("", 2)).toEqual([]);
  });

  it("fills pieces up to the limit", () => {
    expect(split(" word".repeat(1000), 100)).toHaveLength(10);
  });

  it("keeps a limit in terms of another count", () => {
    const pieces = split("abcdefgh".repeat(20), 5, (s) => s.length);
    expect(pieces.join("")).toBe("abcdefgh".repeat(20));
    expect(Math.max(...pieces.map((piece) => piece.length))).toBe(5);
  });

  it("refuses a limit below one token", () => {
    expect(() => split("text", 0)).toThrow(RangeError);
    expect(() => split("text", NaN)).toThrow(RangeError);
  });
});
