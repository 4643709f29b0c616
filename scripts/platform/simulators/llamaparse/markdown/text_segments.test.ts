import { describe, expect, it } from "vitest";
import { orderRightToLeft } from "./right_to_left.ts";
import { inReadingOrder, joinSegments } from "./text_segments.ts";

const SIZE = 10;

/** Pieces on one line, each with the place of its left edge and its width. */
const line = (pieces: [text: string, x: number, width: number][], y = 100) =>
  pieces.map(([text, x, width]) => ({
    text,
    x,
    y,
    width,
    size: SIZE,
    bold: false,
  }));

const texts = (pieces: ReturnType<typeof line>) => joinSegments(pieces).map(({ text }) => text);

describe("words that are read from right to left", () => {
  const words: [string, number, number][] = [
    ["הספרייה", 160, 40],
    ["פתוחה", 127, 30],
    ["מתשע.", 94, 30],
  ];
  const sentence = "הספרייה פתוחה מתשע.";

  it("form one line in reading order, whatever order they were drawn in", () => {
    expect(texts(line(words))).toEqual([sentence]);
    expect(texts(line(words.toReversed()))).toEqual([sentence]);
  });

  it("keep the place of a number among them", () => {
    expect(
      texts(line([["בשעה", 160, 30], ["25", 145, 12], ["בדיוק", 112, 30]])),
    )
      .toEqual(["בשעה 25 בדיוק"]);
  });

  it("stay apart in columns and are read from the right", () => {
    const columns = joinSegments(line([["ימין", 300, 30], ["שמאל", 100, 30]]));
    expect(columns).toHaveLength(2);
    expect(inReadingOrder(columns)).toBe("ימין שמאל");
  });

  it("leave text from left to right unchanged", () => {
    expect(
      texts(line([["The", 100, 20], ["library", 123, 40], ["opens", 166, 30]])),
    )
      .toEqual(["The library opens"]);
  });
});

describe("lines whose words were placed from the left", () => {
  const order = (lines: string[], size = SIZE) => {
    const segments = lines.map((text) => ({
      text,
      x: 0,
      right: 0,
      y: 0,
      size,
      bold: false,
      rtl: true,
    }));
    orderRightToLeft([segments]);
    return segments.map(({ text }) => text);
  };

  it("are reversed when sentences end at the wrong side, with all lines of the size", () => {
    expect(order(["בבוקר מתשע פתוחה הספרייה", "שקלים.חמישה הוא איחור קנס"]))
      .toEqual(["הספרייה פתוחה מתשע בבוקר", "קנס איחור הוא חמישה שקלים."]);
  });

  it("stay when sentences end at the right side, or none ends", () => {
    const right = ["הספרייה פתוחה מתשע בבוקר.", "קנס איחור הוא חמישה שקלים."];
    expect(order(right)).toEqual(right);
    expect(order(["קנס איחור"])).toEqual(["קנס איחור"]);
    expect(order(["1. קנס איחור", "א. כהן ולוי"]))
      .toEqual(["1. קנס איחור", "א. כהן ולוי"]);
  });
});

describe("characters that are written without spaces", () => {
  it("get no space between loose letters, and one before a column", () => {
    expect(texts(line([["延", 100, 10], ["滞", 112, 10], ["料", 124, 10]])))
      .toEqual(["延滞料"]);
    expect(texts(line([["品名", 100, 20], ["価格", 128, 20]])))
      .toEqual(["品名 価格"]);
  });
});

describe("pieces that show nothing", () => {
  it("add no text", () => {
    expect(texts(line([["\u0007\b", 100, 10], [" ", 110, 5]]))).toEqual([]);
    expect(texts(line([["\ue001\ue002", 100, 10], ["\ufffd", 110, 5]])))
      .toEqual([]);
  });
});
