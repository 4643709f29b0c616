import process from "node:process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Chunk, chunkDocument, type ChunkOptions, embeddedText } from "./chunk_document.ts";
import { countTokens } from "./tokens.ts";

function split(markdown: string, options: Partial<ChunkOptions> = {}) {
  return chunkDocument(markdown, {
    pageStarts: [],
    isMarkdown: true,
    maxTokens: 512,
    countTokens,
    ...options,
  }).chunks;
}

/** The chunks of these pages, stored one after the other as in the parser's result. */
function splitPages(pages: string[], options: Partial<ChunkOptions> = {}) {
  const pageStarts = pages.map((_, i) => pages.slice(0, i).join("").length);
  return split(pages.join(""), { pageStarts, ...options });
}

const texts = (chunks: Chunk[]) => chunks.map((chunk) => chunk.text);
const paths = (chunks: Chunk[]) => chunks.map((chunk) => chunk.headingPath.join(" > "));
const longProse = (sentences: number) =>
  Array.from({ length: sentences }, (_, i) => `Sentence number ${i} ends here.`)
    .join(" ");

describe("headings", () => {
  it("begin a chunk, are in it, and give it its path", () => {
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

  it("are no headings in code, in lists and when escaped", () => {
    const chunks = split(
      "# A\n\n```sh\n# not a heading\n```\n\n~~~\n# nor this\n~~~\n\n- # nor that\n\n\\# nor this\n\n#nor this",
    );
    expect(paths(chunks)).toEqual(["A"]);
  });

  it("are no headings after a fence that is never closed", () => {
    const chunks = split("# A\n\n```\n# code\n\n# more code\n");
    expect(paths(chunks)).toEqual(["A"]);
  });

  it("have titles as displayed", () => {
    const chunks = split(
      "# **Fees** in [2024](https://x.example) for `a_b` &amp; \\*c ##\n\nText.",
    );
    expect(paths(chunks)).toEqual(["Fees in 2024 for a_b & *c"]);
  });

  it("return to their level, whatever was skipped", () => {
    const chunks = split("### C\n\nx\n\n# A\n\nx\n\n### C\n\nx\n\n## B\n\nx");
    expect(paths(chunks)).toEqual(["C", "A", "A > C", "A > B"]);
  });

  it("join the text below when they have none of their own", () => {
    const chunks = split("# Guide\n\n## Fees\n\nTen.");
    expect(texts(chunks)).toEqual(["# Guide\n\n## Fees\n\nTen."]);
    expect(paths(chunks)).toEqual(["Guide > Fees"]);
  });

  it("are never separated from a text that just fits without them", () => {
    const body = longProse(60);
    const tokens = countTokens(body);
    const chunks = split(`# Title\n\n${body}`, { maxTokens: tokens });
    expect(chunks[0].text).toMatch(/^# Title\n\nSentence number 0 ends here\./);
    expect(chunks).toHaveLength(2);
  });

  it("are text when they are absurdly long", () => {
    const chunks = split(`# ${"word ".repeat(500)}\n\nText.`);
    expect(paths(chunks)).toEqual([""].concat(chunks.slice(1).map(() => "")));
  });
});

describe("blocks", () => {
  it("share a chunk while they fit, and stay whole if they fit", () => {
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

  it("are cut between sentences when they are paragraphs", () => {
    const chunks = split(longProse(100), { maxTokens: 64 });
    for (const { text } of chunks) {
      expect(text).toMatch(/^Sentence number \d+ ends here\./);
      expect(text).toMatch(/ends here\.$/);
    }
  });

  it("repeat their header over every part when they are tables", () => {
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

  it("are cut between lines when they are code or lists", () => {
    const code = Array.from({ length: 60 }, (_, i) => `    call(${i});`);
    for (const text of texts(split(code.join("\n"), { maxTokens: 64 }))) {
      expect(text.split("\n").every((line) => code.includes(line))).toBe(true);
    }
    const items = Array.from({ length: 60 }, (_, i) => `- Item number ${i}`);
    for (const text of texts(split(items.join("\n"), { maxTokens: 64 }))) {
      expect(text.split("\n").every((line) => items.includes(line))).toBe(true);
    }
  });

  it("are cut between items when they are lists", () => {
    const items = Array.from(
      { length: 40 },
      (_, i) => `- Item ${i}\n  goes on\n  - and has a part`,
    );
    const chunks = split(items.join("\n"), { maxTokens: 64 });
    expect(texts(chunks).join("\n")).toBe(items.join("\n"));
    for (const { text } of chunks) expect(text).toMatch(/^- Item/);
  });

  it("keep lines that no block rule knows: definitions of links", () => {
    const chunks = split("See [a].\n\n[a]: https://a.example\n\nEnd.");
    expect(chunks[0].text).toBe("See [a].\n\n[a]: https://a.example\n\nEnd.");
  });
});

describe("sections", () => {
  it("keep their own path, however small", () => {
    const chunks = split(
      "# Terms\n\n## Lead\n\nA metal.\n\n## Tin\n\nAnother.\n\n# Other\n\nText.",
    );
    expect(paths(chunks)).toEqual(["Terms > Lead", "Terms > Tin", "Other"]);
  });

  it("end the section before, and are no chunk, when they have no title", () => {
    const chunks = split("# A\n\n## B\n\nOne.\n\n##\n\nTwo.\n\n# ");
    expect(paths(chunks)).toEqual(["A > B", "A"]);
    expect(texts(chunks)).toEqual(["# A\n\n## B\n\nOne.", "Two."]);
  });

  it("are found under their own title when they have no text", () => {
    const chunks = split("# A\n## B\n### C\n# D\n## E");
    expect(paths(chunks)).toEqual(["A", "A > B", "A > B > C", "D", "D > E"]);
    expect(texts(chunks)).toEqual(["# A", "## B", "### C", "# D", "## E"]);
  });
});

describe("context", () => {
  it("names a chunk's sections, without those that the chunk contains", () => {
    const chunks = split(
      `# Guide\n\n## Fees\n\n${longProse(200)}\n\n## Refunds\n\nNone.`,
    );
    expect(chunks.map(({ context }) => context)).toEqual([
      "",
      "Guide > Fees",
      "Guide > Fees",
      "Guide",
    ]);
    expect(embeddedText(chunks[3])).toBe("Guide\n\n## Refunds\n\nNone.");
    expect(embeddedText(chunks[0])).toBe(chunks[0].text);
  });

  it("does not use a chapter's title as the document's", () => {
    const { chunks, title } = chunkDocument(
      "# One\n\nText.\n\n# Two\n\nText.",
      {
        pageStarts: [],
        isMarkdown: true,
        maxTokens: 512,
        countTokens,
      },
    );
    expect(title).toBeNull();
    expect(chunks.map(({ context }) => context)).toEqual(["", ""]);
  });

  it("is shortened when titles are long, and leaves most tokens to the text", () => {
    const title = "An exceedingly long title of a section ".repeat(4).trim();
    const markdown = [1, 2, 3, 4].map((level) => `${"#".repeat(level)} ${title} ${level}`)
      .join("\n\n") + `\n\n${longProse(40)}`;
    for (const maxTokens of [16, 40, 64, 512]) {
      for (const { context, tokens } of split(markdown, { maxTokens })) {
        expect(countTokens(context)).toBeLessThanOrEqual(
          Math.min(96, maxTokens / 4),
        );
        expect(tokens).toBeLessThanOrEqual(maxTokens);
      }
    }
  });
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
    expect(chunks.map((chunk) => chunk.pageFrom)).toEqual([1, 2, 4]);
    expect(
      split("# A").map((
        chunk,
      ) => [chunk.pageFrom, chunk.pageTo, chunk.pageOffsets]),
    )
      .toEqual([[null, null, []]]);
  });

  it("do not share a chunk, however small", () => {
    const chunks = splitPages(["One.\n\n", "Two.\n\n", "Three.\n\n"]);
    expect(texts(chunks)).toEqual(["One.", "Two.", "Three."]);
  });

  it("begin at their offsets in a text, in code points", () => {
    const [chunk] = splitPages([
      "# 😀\n\nThe tenant pays three 😀 monthly\n\n",
      "rents. More.\n\n",
    ]);
    expect(chunk).toMatchObject({ pageFrom: 1, pageTo: 2 });
    expect([...chunk.text].slice(chunk.pageOffsets[1]).join("")).toBe("rents.");
  });

  it("are found in a long paragraph, and after removed characters", () => {
    const first = `${"\u0000\r\n".repeat(50)}${longProse(30)} `;
    const chunks = split(first + longProse(30), {
      maxTokens: 64,
      pageStarts: [0, first.length],
    });
    const pageTwo = chunks.findIndex((chunk) => chunk.pageFrom === 2);
    expect(chunks.slice(pageTwo).every((chunk) => chunk.pageTo === 2)).toBe(
      true,
    );
    expect(texts(chunks.slice(0, pageTwo)).join(" ")).toContain("number 29");
    expect(chunks[pageTwo].text).toMatch(/number 0 /);
  });

  it("are refused when they do not ascend within the text", () => {
    expect(() => split("text", { pageStarts: [2, 1] })).toThrow(RangeError);
    expect(() => split("text", { pageStarts: [0, 9] })).toThrow(RangeError);
    expect(() => split("text", { pageStarts: [NaN] })).toThrow(RangeError);
  });
});

describe("characters that Postgres or a reader cannot use", () => {
  it("are removed", () => {
    const [chunk] = split(
      "\ufeff# T\u0000i\u0007tle\r\n\r\nA\ud800B\u007f\u0085C\tD",
    );
    expect(chunk.text).toBe("# Title\n\nA\ufffdB\nC\tD");
    expect(chunk.headingPath).toEqual(["Title"]);
  });

  it("leave no chunk when there is nothing else", () => {
    for (const nothing of ["", " ", "\n\n\t\n", "\u0000\u0001", "\ufeff"]) {
      expect(split(nothing)).toEqual([]);
    }
  });
});

it("refuses invalid options", () => {
  expect(() => split("text", { maxTokens: 15 })).toThrow(RangeError);
  expect(() => split("text", { maxTokens: NaN })).toThrow(RangeError);
});

describe("plain text", () => {
  it("has no headings, tables, code or front matter", () => {
    const text = "---\nkey: value\n---\n\n# A comment\nTotal\n-----\n\n```\n\n| a | b |\n|---|---|";
    const chunks = split(text, { isMarkdown: false });
    expect(texts(chunks)).toEqual([text]);
    expect(paths(chunks)).toEqual([""]);
  });
});

describe("any text", () => {
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
    "<table><tr><td>",
    "</td><td>",
    "</table>\n",
    "\n\nA sentence\n\n",
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

  const documents = fc.record({
    pages: fc.array(
      fc.array(fc.constantFrom(...fragments), { maxLength: 40 })
        .map((parts) => parts.join("")),
      { minLength: 1, maxLength: 3 },
    ),
    knowsPages: fc.boolean(),
    isMarkdown: fc.boolean(),
    maxTokens: fc.constantFrom(16, 20, 33, 64, 512),
  });

  it("keeps the limit, loses no word, and gives the same chunks twice", () => {
    fc.assert(
      fc.property(documents, ({ pages, knowsPages, ...options }) => {
        const chunk = () => knowsPages ? splitPages(pages, options) : split(pages.join(""), options);
        const chunks = chunk();
        for (const [i, chunk] of chunks.entries()) {
          expect(chunk.ord).toBe(i);
          expect(chunk.tokens).toBe(countTokens(embeddedText(chunk)));
          expect(chunk.tokens).toBeLessThanOrEqual(options.maxTokens);
          expect(chunk.text.trim()).not.toBe("");
          expect(chunk.text.isWellFormed()).toBe(true);
          // deno-lint-ignore no-control-regex
          expect(/[\x00-\x08\x0e-\x1f]/.test(chunk.text)).toBe(false);
          const { pageFrom, pageTo, pageOffsets } = chunk;
          expect(pageFrom === null).toBe(!knowsPages);
          if (!knowsPages) continue;
          expect(pageOffsets).toHaveLength(pageTo! - pageFrom! + 1);
          expect(pageOffsets[0]).toBe(0);
          expect(pageOffsets).toEqual(pageOffsets.toSorted((a, b) => a - b));
          expect(pageFrom).toBeGreaterThanOrEqual(chunks[i - 1]?.pageFrom ?? 1);
        }
        // Tags, and an image where a link follows an exclamation mark, are no words.
        const expected = words(
          pages.join("").replace(/<[^<>]*>/g, "").replaceAll("![x](y)", "x"),
        );
        expect(missing(expected, words(texts(chunks).join("\n")))).toEqual([]);
        expect(chunk()).toEqual(chunks);
      }),
      { numRuns: 400, seed: 20_240_501 },
    );
  });

  /** Letters and digits, by which readers search. */
  function words(text: string): string {
    // deno-lint-ignore no-control-regex
    return text.replace(/[\x00-\x08\x0e-\x1f]/g, "").replace(/&amp;/g, "")
      .replace(/[^\p{L}\p{N}]/gu, "");
  }

  /** Characters of the text that occur less often in the chunks; headers of tables occur more often. */
  function missing(text: string, found: string): string[] {
    const left = new Map<string, number>();
    for (const character of found) {
      left.set(character, (left.get(character) ?? 0) + 1);
    }
    return [...text].filter((character) => {
      const count = left.get(character) ?? 0;
      left.set(character, count - 1);
      return count <= 0;
    });
  }

  it("keeps a limit in terms of another count", () => {
    const chunks = split(`# Title\n\n${longProse(20)}\n\n${"y".repeat(200)}`, {
      maxTokens: 16,
      countTokens: (text) => text.length,
    });
    expect(Math.max(...chunks.map((chunk) => embeddedText(chunk).length)))
      .toBeLessThanOrEqual(16);
  });
});

describe("portions", () => {
  const paragraph = fc.integer({ min: 1, max: 60 }).map(longProse);
  const documents = fc.array(
    fc.oneof(
      fc.constantFrom(
        "# A section\n\n",
        "## Another\n\n",
        "```sh\n" + "make install\n".repeat(900) + "```\n\n",
        "| a | b |\n|---|---|\n" + "| one | two |\n".repeat(900) + "\n",
        "- an item\n".repeat(900) + "\n",
        "文".repeat(9_000) + "\n\n",
      ),
      paragraph.map((text) => `${text}\n\n`),
    ),
    { maxLength: 30 },
  );

  it("give the same chunks, however many there are and wherever they end", () => {
    fc.assert(
      fc.property(
        documents,
        fc.array(fc.boolean(), { minLength: 3 }),
        (pages, times) => {
          const markdown = pages.join("");
          const options: ChunkOptions = {
            pageStarts: pages.map((_, i) => pages.slice(0, i).join("").length),
            isMarkdown: true,
            maxTokens: 128,
            countTokens,
          };
          const whole = chunkDocument(markdown, options);
          expect(whole.next).toBeNull();
          expect(whole.done).toBe(whole.total);

          const chunks: Chunk[] = [];
          let asked = 0;
          let done = 0;
          let resume: ChunkOptions["resume"] = null;
          do {
            const portion = chunkDocument(markdown, {
              ...options,
              resume,
              hasTime: () => times[asked++ % times.length],
            });
            if (portion.total > 0) expect(portion.done).toBeGreaterThan(done);
            expect(portion.title).toBe(whole.title);
            done = portion.done;
            chunks.push(...portion.chunks);
            // As it is stored between two invocations.
            resume = JSON.parse(JSON.stringify(portion.next));
          } while (resume);
          expect(chunks).toEqual(whole.chunks);
        },
      ),
      { numRuns: 40, seed: 20_240_502 },
    );
  });

  it("are one stretch each when there is no time", () => {
    const { chunks, next, done, total } = chunkDocument(longProse(5_000), {
      pageStarts: [],
      isMarkdown: true,
      maxTokens: 512,
      countTokens,
      hasTime: () => false,
    });
    expect(done).toBe(1);
    expect(total).toBeGreaterThan(5);
    expect(next).toEqual({ stretch: 1, ord: chunks.length });
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

  for (
    const run of [
      "<",
      "|",
      "#",
      "-",
      ".",
      "[",
      "`",
      "&",
      "7",
      "![",
      "<a ",
      "<td>",
      "data:",
      "{",
      " ",
    ]
  ) {
    hostile[`nothing but ${run}`] = run.repeat(1_000_000 / run.length);
  }

  it.each(Object.keys(hostile))(
    "of %s is chunked in time and within the limit",
    (name) => {
      const before = process.cpuUsage();
      for (const { tokens } of split(hostile[name])) {
        expect(tokens).toBeLessThanOrEqual(512);
      }
      // Some 0.5 s; quadratic time would be minutes.
      expect(process.cpuUsage(before).user / 1e6).toBeLessThan(8);
    },
  );

  it.each([" ", "\n", "-", "x", "x\n\n"])(
    "of plain text %j is chunked in time and within the limit",
    (run) => {
      const text = run.repeat(1_000_000 / run.length);
      const before = process.cpuUsage();
      for (const { tokens } of split(text, { isMarkdown: false })) {
        expect(tokens).toBeLessThanOrEqual(512);
      }
      expect(process.cpuUsage(before).user / 1e6).toBeLessThan(8);
    },
  );
});
