import process from "node:process";
import { describe, expect, it } from "vitest";
import { countTokens } from "../_shared/tokens.ts";
import { type Chunk, splitMarkdown, type SplitOptions } from "./markdown.ts";

function split(markdown: string, options: Partial<SplitOptions> = {}) {
  return splitMarkdown(markdown, {
    pageStarts: [],
    maxTokens: 512,
    minTokens: 0,
    countTokens,
    ...options,
  });
}

const texts = (chunks: Chunk[]) => chunks.map((chunk) => chunk.text);
const paths = (chunks: Chunk[]) =>
  chunks.map((chunk) => chunk.headingPath.join(" > "));
const visible = (text: string) => text.replace(/\s+/g, "");
const longProse = (sentences: number) =>
  Array.from({ length: sentences }, (_, i) => `Sentence number ${i} ends here.`)
    .join(" ");

describe("headings", () => {
  it("begin a chunk, stand in it, and give it its path", () => {
    const chunks = split(
      "Before.\n\n# Guide\n\nIntro.\n\n## Fees\n\nTen.\n\n### When\n\nNow.\n\n## Refunds\n\nNone.\n",
    );
    expect(texts(chunks)).toEqual([
      "Before.",
      "# Guide\n\nIntro.",
      "## Fees\n\nTen.",
      "### When\n\nNow.",
      "## Refunds\n\nNone.",
    ]);
    expect(paths(chunks)).toEqual([
      "",
      "Guide",
      "Guide > Fees",
      "Guide > Fees > When",
      "Guide > Refunds",
    ]);
    expect(chunks.map((chunk) => chunk.ord)).toEqual([0, 1, 2, 3, 4]);
  });

  it("are recognised when underlined", () => {
    const chunks = split("Guide\n=====\n\nIntro.\n\nFees\n----\nTen.\n");
    expect(paths(chunks)).toEqual(["Guide", "Guide > Fees"]);
    expect(chunks[1].text).toBe("Fees\n----\n\nTen.");
  });

  it("are none inside code, lists and escaped", () => {
    const chunks = split(
      "# A\n\n```sh\n# not a heading\n```\n\n~~~\n# nor this\n~~~\n\n- # nor that\n\n\\# nor this\n\n#nor this",
    );
    expect(paths(chunks)).toEqual(["A"]);
  });

  it("keep to the code of a fence that is never closed", () => {
    const chunks = split("# A\n\n```\n# code\n\n# more code\n");
    expect(paths(chunks)).toEqual(["A"]);
  });

  it("read as a reader sees them", () => {
    const chunks = split(
      "# **Fees** in [2024](https://x.example) for `a_b` &amp; \\*c ##\n\nText.",
    );
    expect(paths(chunks)).toEqual(["Fees in 2024 for a_b & *c"]);
  });

  it("return to the level they have, whatever was skipped", () => {
    const chunks = split("### C\n\nx\n\n# A\n\nx\n\n### C\n\nx\n\n## B\n\nx");
    expect(paths(chunks)).toEqual(["C", "A", "A > C", "A > B"]);
  });

  it("without a text of their own go with the text that follows", () => {
    const chunks = split("# Guide\n\n## Fees\n\nTen.");
    expect(texts(chunks)).toEqual(["# Guide\n\n## Fees\n\nTen."]);
    expect(paths(chunks)).toEqual(["Guide > Fees"]);
  });

  it("are never left alone by a text that just fits without them", () => {
    const body = longProse(60);
    const tokens = countTokens(body);
    const chunks = split(`# Title\n\n${body}`, { maxTokens: tokens });
    expect(chunks[0].text).toMatch(/^# Title\n\nSentence number 0 ends here\./);
    expect(chunks).toHaveLength(2);
  });

  it("of absurd length are text", () => {
    const chunks = split(`# ${"word ".repeat(500)}\n\nText.`);
    expect(paths(chunks)).toEqual([""].concat(chunks.slice(1).map(() => "")));
  });
});

describe("blocks", () => {
  it("share a chunk while they fit, and are whole where they do", () => {
    const paragraphs = [1, 2, 3].map((n) => `Paragraph ${n}. ${longProse(10)}`);
    const perParagraph = countTokens(paragraphs[0]);
    const chunks = split(paragraphs.join("\n\n"), {
      maxTokens: perParagraph * 2 + 10,
    });
    expect(texts(chunks)).toEqual([
      `${paragraphs[0]}\n\n${paragraphs[1]}`,
      paragraphs[2],
    ]);
  });

  it("that are paragraphs are cut between sentences", () => {
    const chunks = split(longProse(100), { maxTokens: 64 });
    for (const { text } of chunks) {
      expect(text).toMatch(/^Sentence number \d+ ends here\./);
      expect(text).toMatch(/ends here\.$/);
    }
  });

  it("that are tables repeat their header over every part", () => {
    const header = "| Item | Price |\n|:-----|------:|";
    const rows = Array.from(
      { length: 80 },
      (_, i) => `| Item ${i} | ${i}.00 |`,
    );
    const chunks = split(`# Prices\n\n${header}\n${rows.join("\n")}\n`, {
      maxTokens: 128,
    });
    expect(chunks.length).toBeGreaterThan(3);
    expect(chunks[0].text.startsWith(`# Prices\n\n${header}\n| Item 0 |`))
      .toBe(true);
    for (const { text } of chunks.slice(1)) {
      expect(text.startsWith(`${header}\n| Item `)).toBe(true);
    }
    const seen = texts(chunks).join("\n").split("\n")
      .filter((line) => line.startsWith("| Item ") && !line.includes("Price"));
    expect(seen).toEqual(rows);
  });

  it("that are code or lists are cut between lines", () => {
    const code = Array.from({ length: 60 }, (_, i) => `    call(${i});`);
    for (const text of texts(split(code.join("\n"), { maxTokens: 64 }))) {
      expect(text.split("\n").every((line) => code.includes(line))).toBe(true);
    }
    const items = Array.from({ length: 60 }, (_, i) => `- Item number ${i}`);
    for (const text of texts(split(items.join("\n"), { maxTokens: 64 }))) {
      expect(text.split("\n").every((line) => items.includes(line))).toBe(true);
    }
  });

  it("that are lists are cut between items, with what belongs to them", () => {
    const items = Array.from(
      { length: 40 },
      (_, i) => `- Item ${i}\n  goes on\n  - and has a part`,
    );
    const chunks = split(items.join("\n"), { maxTokens: 64 });
    expect(texts(chunks).join("\n")).toBe(items.join("\n"));
    for (const { text } of chunks) expect(text).toMatch(/^- Item/);
  });

  it("that no block rule knows are kept: definitions of links", () => {
    const chunks = split("See [a].\n\n[a]: https://a.example\n\nEnd.");
    expect(chunks[0].text).toBe("See [a].\n\n[a]: https://a.example\n\nEnd.");
  });
});

describe("small sections", () => {
  const markdown =
    "# Terms\n\n## Lead\n\nA metal.\n\n## Tin\n\nAnother metal.\n\n## Zinc\n\nA third metal.\n\n# Other\n\nText.";

  it("of one parent are merged up to the minimum and name what they share", () => {
    const chunks = split(markdown, { minTokens: 24 });
    expect(paths(chunks)).toEqual(["Terms", "Other"]);
    expect(chunks[0].text).toContain("## Zinc\n\nA third metal.");
    expect(chunks[0].text).not.toContain("Other");
  });

  it("stay apart where no minimum asks otherwise", () => {
    expect(split(markdown, { minTokens: 0 })).toHaveLength(4);
  });

  it("are not added to a neighbour that is large", () => {
    const chunks = split(`# A\n\n## B\n\nShort.\n\n## C\n\n${longProse(40)}`, {
      minTokens: 64,
    });
    expect(paths(chunks)).toEqual(["A > B", "A > C"]);
  });
});

it("an overlap repeats the last sentences within a section", () => {
  const chunks = split(longProse(60), { maxTokens: 64, overlapTokens: 10 });
  for (const [i, { text, tokens }] of chunks.entries()) {
    expect(tokens).toBeLessThanOrEqual(64);
    const first = text.slice(0, text.indexOf(".") + 1);
    if (i > 0) expect(chunks[i - 1].text.endsWith(first)).toBe(true);
  }
});

describe("pages", () => {
  it("are those on which a chunk's text begins", () => {
    const pages = [
      "# A\n\nOne.\n\n",
      "# B\n\nTwo.\n\n",
      "",
      "# D\n\nFour.\n\n",
    ];
    const pageStarts = pages.map((_, i) => pages.slice(0, i).join("").length);
    const chunks = split(pages.join(""), { pageStarts });
    expect(chunks.map((chunk) => chunk.page)).toEqual([1, 2, 4]);
    expect(split("# A").map((chunk) => chunk.page)).toEqual([null]);
  });

  it("are found inside a long paragraph, and past characters that were removed", () => {
    const first = `${"\u0000\r\n".repeat(50)}${longProse(30)} `;
    const chunks = split(first + longProse(30), {
      maxTokens: 64,
      pageStarts: [0, first.length],
    });
    const pageTwo = chunks.findIndex((chunk) => chunk.page === 2);
    expect(chunks.slice(pageTwo).every((chunk) => chunk.page === 2)).toBe(true);
    expect(texts(chunks.slice(0, pageTwo)).join(" ")).toContain("number 29");
    expect(chunks[pageTwo].text).toMatch(/number [0-9] /);
  });

  it("that do not ascend within the text are refused", () => {
    expect(() => split("text", { pageStarts: [2, 1] })).toThrow(RangeError);
    expect(() => split("text", { pageStarts: [0, 9] })).toThrow(RangeError);
    expect(() => split("text", { pageStarts: [NaN] })).toThrow(RangeError);
  });
});

describe("what Postgres or a reader cannot take", () => {
  it("is removed", () => {
    const [chunk] = split(
      "\ufeff# T\u0000i\u0007tle\r\n\r\nA\ud800B\u007f\u0085C\tD",
    );
    expect(chunk.text).toBe("# Title\n\nA\ufffdB\nC\tD");
    expect(chunk.headingPath).toEqual(["Title"]);
  });

  it("leaves nothing of nothing", () => {
    for (const nothing of ["", " ", "\n\n\t\n", "\u0000\u0001", "\ufeff"]) {
      expect(split(nothing)).toEqual([]);
    }
  });
});

it("options that make no sense are refused", () => {
  expect(() => split("text", { maxTokens: 15 })).toThrow(RangeError);
  expect(() => split("text", { maxTokens: NaN })).toThrow(RangeError);
  expect(() => split("text", { maxTokens: 64, overlapTokens: 40 })).toThrow(
    RangeError,
  );
});

describe("any text", () => {
  /** Numbers from 0 to below n, the same on every run (mulberry32). */
  function randomNumbers(seed: number) {
    let state = seed;
    return (n: number) => {
      state = (state + 0x6d2b79f5) | 0;
      let t = Math.imul(state ^ (state >>> 15), 1 | state);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) % n;
    };
  }

  const fragments = [
    "# ",
    "## ",
    "###### ",
    "#",
    "\n",
    "\n\n",
    "\n\n\n",
    "    ",
    "\t",
    "- ",
    "1. ",
    "> ",
    "```\n",
    "~~~\n",
    "===\n",
    "---\n",
    "***",
    "[a]: b\n",
    "[x](y)",
    "| a | b |\n",
    "|---|---|\n",
    "| - ",
    "|",
    "<div>\n",
    "<!--",
    "-->",
    "</p>",
    "&amp;",
    "\\",
    "*",
    "`",
    "word ",
    "Two words. ",
    "A sentence? ",
    "supercalifragilistic",
    "12345678",
    "äöü",
    "文档",
    "。",
    "😀",
    "👩‍👩‍👧",
    "\u00a0",
    "\u200b",
    "\u0000",
    "\ud800",
    "\r\n",
    "\f",
    "<|endoftext|>",
    "!".repeat(40),
    "x".repeat(300),
    " ".repeat(80),
    "Lorem ipsum dolor sit amet. ".repeat(12),
    "| cell | cell |\n".repeat(15),
  ];

  it("keeps the limit, loses nothing, says the same twice", () => {
    const random = randomNumbers(20_240_501);
    for (let round = 0; round < 400; round++) {
      const markdown = Array.from(
        { length: 1 + random(80) },
        () => fragments[random(fragments.length)],
      ).join("");
      const options = {
        maxTokens: [16, 20, 33, 64, 512][random(5)],
        minTokens: random(2) * 40,
        pageStarts: [0, markdown.length >> 1],
      };
      const chunks = split(markdown, options);
      const context = JSON.stringify({ markdown, options });
      for (const chunk of chunks) {
        expect(chunk.tokens, context).toBe(countTokens(chunk.text));
        expect(chunk.tokens, context).toBeLessThanOrEqual(options.maxTokens);
        expect(chunk.text.trim(), context).not.toBe("");
        expect(chunk.text.isWellFormed(), context).toBe(true);
        // deno-lint-ignore no-control-regex
        expect(/[\x00-\x08\x0e-\x1f]/.test(chunk.text), context).toBe(false);
      }
      const pages = chunks.map((chunk) => chunk.page!);
      expect(pages, context).toEqual([...pages].sort());

      const expected = visible(
        // deno-lint-ignore no-control-regex
        markdown.replace(/[\x00-\x08\x0e-\x1f]/g, "").toWellFormed(),
      );
      const found = visible(texts(chunks).join(""));
      // What is found beyond the text can only be headers of tables, again.
      if (found !== expected) {
        expect(/\|\s*-/.test(markdown), context).toBe(true);
        expect(firstMissing(expected, found), context).toBe("");
      }
      expect(split(markdown, options)).toEqual(chunks);
    }
  });

  /** What of the text cannot be found in order; "" if all can. */
  function firstMissing(text: string, found: string): string {
    let at = 0;
    for (let i = 0; i < text.length; i++) {
      at = found.indexOf(text[i], at) + 1;
      if (at === 0) return text.slice(i, i + 20);
    }
    return "";
  }

  it("keeps a limit that is counted in other terms", () => {
    const chunks = split(`# Title\n\n${longProse(20)}\n\n${"y".repeat(200)}`, {
      maxTokens: 16,
      countTokens: (text) => text.length,
    });
    expect(Math.max(...chunks.map((chunk) => chunk.text.length)))
      .toBeLessThanOrEqual(16);
  });
});

describe("a megabyte", () => {
  const hostile: Record<string, string> = {
    "one line": "word ".repeat(200_000),
    "no spaces": "x".repeat(1_000_000),
    "100,000 headings": "# H\n".repeat(100_000),
    "a fence never closed": "```\n" + "code line\n".repeat(100_000),
    "100,000 fences": "```\n".repeat(100_001),
    "a table": "| a | b |\n|---|---|\n" + "| cell | cell |\n".repeat(60_000),
    "a wide table": `|${"a|".repeat(20_000)}\n|${"-|".repeat(20_000)}\n` +
      "|a|\n".repeat(20_000),
    "nested quotes": ">".repeat(200_000) + "a",
    "nested lists": "- ".repeat(200_000) + "a",
    "open brackets": "[".repeat(500_000),
    "a heading": `# ${"[a](".repeat(200_000)}`,
    "blank lines": "\n".repeat(1_000_000) + "a",
    "sentences": "A. ".repeat(300_000),
  };

  for (const [name, markdown] of Object.entries(hostile)) {
    it(`of ${name} is cut in time and within the limit`, () => {
      const before = process.cpuUsage();
      const chunks = split(markdown, { minTokens: 64 });
      // Some 0.5 s; the square of the length would take minutes.
      expect(process.cpuUsage(before).user / 1e6).toBeLessThan(8);
      expect(chunks.length).toBeGreaterThan(0);
      for (const { tokens } of chunks) expect(tokens).toBeLessThanOrEqual(512);
    });
  }
});
