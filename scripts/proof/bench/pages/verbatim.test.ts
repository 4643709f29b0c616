import { describe, expect, it } from "vitest";
import { askVerbatim, isContentsPage, pickSentences } from "./verbatim.ts";

const PAGES = [
  "Contents. Introduction . . . . . . . 2 Fees . . . . . 3 Hours . . . . . 4 Loans . . . . . 5 Index . . . . . 6",
  "Begins here. The members of the library pay ten crowns every year. This stands on two pages of the whole book. Ends",
  "Begins here. This stands on two pages of the whole book. The reading room opens at nine on every weekday. Ends",
];

describe("pickSentences", () => {
  it("picks whole sentences that occur on one page only", () => {
    expect(pickSentences(PAGES, 10)).toEqual([
      {
        sentence: "The members of the library pay ten crowns every year.",
        page: 2,
      },
      { sentence: "The reading room opens at nine on every weekday.", page: 3 },
    ]);
  });

  it("recognises a table of contents", () => {
    expect(PAGES.map(isContentsPage)).toEqual([true, false, false]);
  });
});

describe("askVerbatim", () => {
  it("counts found sentences and wrong pages", async () => {
    const sentences = pickSentences(PAGES, 10);
    const hits = new Map([
      [sentences[0].sentence, [{
        page: 2,
        content: "The members of the *library*\npay ten crowns every year.",
      }]],
      [sentences[1].sentence, [{
        page: 2,
        content: `Hours\n\n${sentences[1].sentence}`,
      }]],
    ]);
    const found = await askVerbatim(
      sentences,
      (query) => Promise.resolve(hits.get(query)!),
    );
    expect(found).toEqual({ asked: 2, found: 2, wrongPages: [sentences[1]] });
    const nothing = await askVerbatim(sentences, () => Promise.resolve([]));
    expect(nothing).toEqual({ asked: 2, found: 0, wrongPages: [] });
  });
});
