import { describe, expect, it } from "vitest";
import { locate, type Located, type PageText, type Sought } from "./locate.ts";

const sought = (content: string, hits: string[] = []): Sought => ({
  content,
  highlights: hits.map((hit) => ({ start: content.indexOf(hit), end: content.indexOf(hit) + hit.length })),
});

/** A page whose pieces are its lines. */
const page = (text: string, number = 1): PageText => ({ page: number, pieces: text.split("\n") });

/** What is marked, by page and piece; hits in brackets. */
function marked(passage: Sought, pages: PageText[]): string[] {
  const located = locate(passage, pages) as Located;
  return pages.flatMap(({ page, pieces }) => {
    const texts: string[] = [];
    for (const { piece, start, end, isHit } of located.marks.get(page) ?? []) {
      const text = pieces[piece].slice(start, end);
      texts[piece] = (texts[piece] ?? "") + (isHit ? `[${text}]` : text);
    }
    return texts.filter(Boolean);
  });
}

const PARAGRAPH =
  "Members borrow up to twelve books for four weeks. A late book costs fifty cents a day, at most five " +
  "pounds. Reserved books are kept for a week at the desk.";
const BEFORE = "The reading room is open to all who are quiet.";
const AFTER = "Guests may not take books home, except from the exchange shelf.";

describe("locate", () => {
  it("marks the passage and nothing around it", () => {
    const lines =
      `${BEFORE}\nMembers borrow up to twelve books for\nfour weeks. A late book costs fifty cents a day, at ` +
      `most\nfive pounds. Reserved books are kept for a week at the desk.\n${AFTER}`;
    expect(marked(sought(PARAGRAPH, ["twelve books"]), [page(lines)])).toEqual([
      "Members borrow up to [twelve books] for",
      "four weeks. A late book costs fifty cents a day, at most",
      "five pounds. Reserved books are kept for a week at the desk",
    ]);
  });

  it("reads over hyphens at line ends, ligatures, spaced letters and separate accents", () => {
    const content = "The office offers efficient coffee for naïve librarians in every Münster affiliate.";
    const layer = page(
      "The oﬃce offers effi-\ncient cof\u00adfee for nai\u0308ve l i b r a r i a n s\nin every Mu¨nster aﬃliate.",
    );
    expect(marked(sought(content, ["efficient"]), [layer])).toEqual([
      "The oﬃce offers [effi-]",
      "[cient] cof\u00adfee for nai\u0308ve l i b r a r i a n s",
      "in every Mu¨nster aﬃliate",
    ]);
  });

  it("reads over Markdown, and finds the cells of a table", () => {
    const content =
      "## Fees\n\n| **Member** | Annual fee |\n|---|---|\n| Adults | 30.00 |\n| Students &amp; trainees | 12.50 |\n" +
      "\nSee [the rules](https://example.test/rules).";
    const layer = page(
      "7\nFees\nMember\nAnnual fee\nAdults\n30.00\nStudents & trainees\n12.50\nSee the rules.\nPage 7 of 9",
    );
    expect(marked(sought(content, ["Annual fee", "12.50"]), [layer])).toEqual([
      ..."Fees|Member|[Annual fee]|Adults|30.00|Students & trainees|[12.50]|See the rules".split("|"),
    ]);
  });

  it("finds the long cells of a table whose text layer goes by columns", () => {
    const left = ["the large reading room", "the local history shelf", "books with pictures"];
    const right = ["ground floor, on the left", "second storey, by the stairs", "the house in the garden"];
    const rows = left.map((cell, row) => `| ${cell} | ${right[row]} |`);
    const layer = page([...left, ...right].join("\n"));
    expect(marked(sought(rows.join("\n")), [layer])).toEqual([...left, ...right]);
  });

  it("continues on the next page after a footer and a header", () => {
    const first = page(
      `${BEFORE}\nMembers borrow up to twelve books for four weeks. A late book costs\nLibrary rules, page 3`,
      3,
    );
    const second = page(
      `Library rules\nfifty cents a day, at most five pounds. Reserved books are kept for a week at the desk.\n${AFTER}`,
      4,
    );
    expect(marked(sought(PARAGRAPH), [first, second])).toEqual([
      "Members borrow up to twelve books for four weeks. A late book costs",
      "fifty cents a day, at most five pounds. Reserved books are kept for a week at the desk",
    ]);
  });

  it("marks the part of the passage that a page has, and says how much it is", () => {
    const located = locate(sought(PARAGRAPH), [page(`${PARAGRAPH.slice(0, 100)}\n${AFTER}`)]) as Located;
    expect(located.share).toBeGreaterThan(0.6);
    expect(located.share).toBeLessThan(0.75);
  });

  it("does not take another place for the passage when a phrase of it is there too", () => {
    const layer = page(`Members borrow up to what they can carry.\n${AFTER}\n${AFTER.toUpperCase()}\n${PARAGRAPH}`);
    expect(marked(sought(PARAGRAPH), [layer])).toEqual([PARAGRAPH.slice(0, -1)]);
  });

  it("marks a passage of Arabic, Chinese and Thai", () => {
    const arabic = "تفتح المكتبة أبوابها كل يوم من التاسعة صباحا";
    expect(marked(sought(arabic, ["المكتبة"]), [page(`عنوان\n${arabic}\n٧`)])).toEqual([
      arabic.replace("المكتبة", "[المكتبة]"),
    ]);
    const chinese = "图书馆星期日上午十点开放，会员可以借十二本书。";
    expect(marked(sought(chinese, ["会员"]), [page("规则\n图书馆星期日上午十点\n开放，会员可以借十二本书。\n第三页")]))
      .toEqual([
        "图书馆星期日上午十点",
        "开放，[会员]可以借十二本书",
      ]);
  });

  it("marks lines of Hebrew that the file has with the last word first", () => {
    const content = "הספרייה פתוחה מתשע בבוקר. קנס איחור הוא חמישה שקלים.";
    const layer = page("שקלים.חמישה הוא איחור קנס בבוקר. מתשע פתוחה הספרייה\nעמוד");
    expect(marked(sought(content, ["פתוחה"]), [layer])).toEqual([
      "שקלים.חמישה הוא איחור קנס בבוקר. מתשע [פתוחה] הספרייה",
    ]);
  });

  it("marks nothing when the page has no text, as a scan has none", () => {
    expect(locate(sought(PARAGRAPH), [page(""), page(" \n—")])).toBe("no_text");
  });

  it("marks nothing when the page's text is another", () => {
    const other =
      "Members of the board meet twice a year. A late apology costs nothing, but books of minutes are kept for " +
      "seven years at the desk of the clerk, who is reserved. The guests may borrow a chair for the day.";
    expect(locate(sought(PARAGRAPH), [page(other)])).toBe("other_text");
    // A font without a table of its characters.
    expect(locate(sought(PARAGRAPH), [page("\ue001\ue002\ue003 abcxyz".repeat(40))])).toBe("other_text");
  });

  it("marks nothing when a few letters occur more than once", () => {
    expect(locate(sought("Fees"), [page("Fees\nAll fees are annual.")])).toBe("other_text");
    expect(marked(sought("Fees"), [page("Fees\nAll that members pay.")])).toEqual(["Fees"]);
    expect(locate(sought("***"), [page("Fees")])).toBe("other_text");
  });

  it("takes no longer than a moment for a hostile page", () => {
    const started = performance.now();
    locate(sought("ab".repeat(5_000)), [page("ab".repeat(50_000))]);
    locate(sought("a1b2c3d4".repeat(1_000)), [page("a1b2c3d4x".repeat(20_000))]);
    locate(sought(PARAGRAPH.repeat(20)), Array.from({ length: 10 }, (_, n) => page(PARAGRAPH.repeat(15), n + 1)));
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
