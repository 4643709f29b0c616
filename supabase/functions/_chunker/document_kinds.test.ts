import { describe, expect, it } from "vitest";
import { chunkDocument, embeddedText } from "./chunk_document.ts";
import { countTokens } from "./tokens.ts";

/** One file for each kind of document that parsers and people send, with its expected chunks. */

function chunksOf(document: string | string[], { isMarkdown = true } = {}) {
  const pages = typeof document === "string" ? [document] : document;
  const texts = pages.map((page) => page.trim() === "" ? "" : `${page.trim()}\n\n`);
  return chunkDocument(texts.join(""), {
    pageStarts: typeof document === "string" ? [] : texts.map((_, i) => texts.slice(0, i).join("").length),
    isMarkdown,
    maxTokens: 512,
    countTokens,
  });
}

const filler =
  "The committee met in the town hall and discussed the budget for schools, roads, parks and the library in detail before the vote was taken by show of hands.";

function found(document: string | string[], words: string) {
  const chunk = chunksOf(document).chunks.find(({ text }) => text.includes(words));
  return chunk && [chunk.headingPath.join(" > "), chunk.pageFrom, chunk.pageTo];
}

const rows = (from: number, to: number) =>
  Array.from(
    { length: to - from + 1 },
    (_, i) => `| Service ${from + i} | ${from + i}0 EUR |`,
  )
    .join("\n");

describe("pages", () => {
  it("of slides are a chunk each", () => {
    const slides = Array.from(
      { length: 29 },
      (_, i) => `Slide on subject ${i + 1}.`,
    );
    const { chunks } = chunksOf(slides);
    expect(chunks.map(({ pageFrom, pageTo }) => [pageFrom, pageTo]))
      .toEqual(slides.map((_, i) => [i + 1, i + 1]));
  });

  it("are parsed separately: an open fence, table or wrapper ends with its page", () => {
    for (
      const open of [
        "```sh\nmake",
        "<table><tr><td>a</td><td>b</td></tr>",
        "<!-- x",
        "```markdown\n# Setup\n\nRun:",
      ]
    ) {
      const pages = [
        open.startsWith("```m") ? open : `# Setup\n\nRun:\n\n${open}`,
        `# Care\n\n${filler}\n\n## Oil\n\nGrease it.`,
        "# Storage\n\nKeep it dry.",
      ];
      expect(found(pages, "Grease it.")).toEqual(["Care > Oil", 2, 2]);
      expect(found(pages, "Keep it dry.")).toEqual(["Storage", 3, 3]);
    }
  });

  it("continue the section when they repeat its title", () => {
    const pages = ["Scope", "Duties", "Pay", "Leave"].map((title) =>
      `# ACME Handbook\n\n## ${title}\n\n${filler} ${title} ends.`
    );
    pages.splice(3, 0, "# ACME Handbook\n\nPay goes on here.");
    expect(found(pages, "Pay goes on here.")).toEqual([
      "ACME Handbook > Pay",
      4,
      4,
    ]);
    expect(found(pages, "Leave ends.")).toEqual([
      "ACME Handbook > Leave",
      5,
      5,
    ]);
    expect(
      found(["# A\n\n## B\n\nText.", "## B (continued)\n\nMore."], "More."),
    ).toEqual(["A > B", 2, 2]);
  });

  it("are no chunks when they are empty or placeholders", () => {
    const { chunks } = chunksOf([
      "# One\n\nText.",
      "NO_CONTENT_HERE",
      "",
      "# Four\n\nText.",
    ]);
    expect(chunks.map(({ pageFrom }) => pageFrom)).toEqual([1, 4]);
  });

  it("have no markup of anchors, images and rules", () => {
    const { chunks } = chunksOf([
      '<a id="p1"></a>\n\n# Plan\n\n![image](page_1_image_1.jpg)\n\nText.\n\n---',
      "---\n\n# Gate\n\nLocked.",
    ]);
    expect(chunks.map(({ text }) => text)).toEqual([
      "# Plan\n\nText.",
      "# Gate\n\nLocked.",
    ]);
  });
});

describe("joins text that continues on the next page", () => {
  it.each([
    [
      "a sentence",
      "The tenant pays a deposit of three",
      `monthly rents. ${filler}`,
      "three monthly rents.",
    ],
    [
      "a sentence with a noun in German",
      "Der Mieter zahlt die",
      "Miete am Ersten. Mehr.",
      "zahlt die Miete am Ersten.",
    ],
    [
      "a sentence before a number",
      "It is due within",
      "14 days. More.",
      "within 14 days.",
    ],
    [
      "a sentence in Japanese",
      "本の返却が遅れた場合は延滞料を支払わなけ",
      "ればなりません。次の文。",
      "支払わなければなりません。",
    ],
    [
      "a broken word",
      "They begin the recon-",
      "struction in May. More.",
      "the reconstruction in May.",
    ],
    [
      "a word broken softly",
      "They begin the recon\u00ad",
      "struction in May.",
      "the reconstruction in May.",
    ],
    [
      "a compound",
      "This is a long-",
      "term contract.",
      "a long-term contract.",
    ],
    [
      "a compound of names",
      "Send it to the E-Mail-",
      "Adresse below.",
      "the E-Mail-Adresse below.",
    ],
    [
      "a hanging hyphen",
      "Siehe Haus-",
      "und Hofarbeiten.",
      "Siehe Haus- und Hofarbeiten.",
    ],
    [
      "a list's item",
      "- first\n- the tenant must",
      "leave by noon. More.",
      "- the tenant must leave by noon.",
    ],
  ])("%s", (_, before, after, whole) => {
    const { chunks } = chunksOf([`# T\n\n${before}`, after]);
    expect(chunks[0]).toMatchObject({ pageFrom: 1, pageTo: 2 });
    expect(chunks[0].text).toContain(whole);
    const offset = chunks[0].pageOffsets[1];
    const moved = [...chunks[0].text].slice(offset).join("");
    expect(after.replace(/ .*/, "")).toContain(moved.slice(0, 2).trim());
    expect(chunks.slice(1).every(({ pageFrom }) => pageFrom === 2)).toBe(true);
  });

  it("a sentence over three pages", () => {
    const { chunks } = chunksOf([
      "It begins with",
      "a page that says little and",
      "ends here. More.",
    ]);
    expect(chunks.map(({ text, pageFrom, pageTo }) => [text, pageFrom, pageTo]))
      .toEqual([
        ["It begins with a page that says little and ends here.", 1, 3],
        ["More.", 3, 3],
      ]);
  });

  it.each([
    ["a new sentence", "It ends here.", "it goes on in lower case."],
    [
      "a caption and a sentence",
      "Figure 3: the bridge",
      "The bridge was built in May.",
    ],
    ["a heading", "Text.\n\n## Fees and", "charges are due."],
    ["what an empty page parts", "It begins with", "", "an end."],
    ["a new item", "It begins with", "2. another item"],
    ["a lettered item", "It begins with", "b) another item"],
    ["code", "```\nmake all\n```", "and more text."],
  ])("but not %s", (_, ...pages) => {
    for (const { pageFrom, pageTo } of chunksOf(pages).chunks) {
      expect(pageTo).toBe(pageFrom);
    }
  });
});

describe("tables", () => {
  const headers = (pages: string[]) =>
    chunksOf(pages).chunks.map(({ text }) => text.split("\n").find((line) => line.startsWith("|")));

  it.each([
    [
      "whose first row there was taken for a header",
      rows(32, 60).replace("\n", "\n|---|---|\n"),
    ],
    [
      "with the header repeated",
      `| **Service** | Fee |\n|---|---|\n${rows(32, 60)}`,
    ],
    ["with an empty header", `|  |  |\n|---|---|\n${rows(32, 60)}`],
    [
      "below a line that says so",
      `Table 3 (continued)\n\n${rows(32, 60).replace("\n", "\n|---|---|\n")}`,
    ],
    [
      "without its tags",
      `<tr><td>Service 32</td><td>320 EUR</td></tr>\n<tr><td>Service 33</td><td>330 EUR</td></tr></table>`,
    ],
  ])("keep the first page's header on the next page, %s", (_, second) => {
    const pages = [
      `# Fees\n\n| Service | Fee |\n|---|---|\n${rows(1, 31)}`,
      second,
    ];
    for (const header of headers(pages)) {
      expect(header).toBe("| Service | Fee |");
    }
    expect(found(pages, "| Service 32 |")).toEqual(["Fees", 2, 2]);
    expect(found(pages, "| Service 33 |")).toEqual(["Fees", 2, 2]);
  });

  it.each([
    [
      "of other columns",
      `| A | B | C |\n|---|---|---|\n| 1 | 2 | 3 |`,
      "| A | B | C |",
    ],
    [
      "with names of its own",
      `| Room | Price |\n|---|---|\n| Hall | 20 EUR |\n| Attic | 10 EUR |`,
      "| Room | Price |",
    ],
    [
      "that shares a name",
      `| Service | Contact |\n|---|---|\n| Water | Ann |`,
      "| Service | Contact |",
    ],
  ])("on the next page keep their own header, %s", (_, second, header) => {
    expect(headers([`| Service | Fee |\n|---|---|\n${rows(1, 5)}`, second])[1])
      .toBe(header);
  });

  it("of HTML have their header in every part, and few tags", () => {
    const html = `# Prices\n\n<table>\n<tr><th>Branch</th><th>Weekday opening</th></tr>\n${
      Array.from({ length: 250 }, (_, i) => `<tr><td>Branch number ${i}</td><td>8:00 to 18:30 &amp; more</td></tr>`)
        .join("\n")
    }\n</table>\n\nHolidays differ.`;
    const { chunks } = chunksOf(html);
    expect(chunks.length).toBeGreaterThan(5);
    for (const { text } of chunks) {
      expect(text).toMatch(/^(# Prices\n\n)?\| Branch \| Weekday opening \|\n/);
      expect(text).not.toMatch(/<|&amp;/);
    }
    const seen = chunks.flatMap(({ text }) => text.match(/Branch number \d+ \|/g));
    expect(new Set(seen).size).toBe(250);
  });

  it("name the columns and the row in each part of a row longer than a chunk", () => {
    const notes = Array.from(
      { length: 120 },
      (_, i) => `Note ${i} says what was said.`,
    ).join(" ");
    const { chunks } = chunksOf(
      `# Register\n\n| Id | Notes | Owner |\n|---|---|---|\n| 1 | short | Ann |\n| 2 | ${notes} | Bob |\n| 3 | short | Cem |`,
    );
    const parts = chunks.filter(({ text }) => text.includes("says what"));
    expect(parts.length).toBeGreaterThan(1);
    for (const { text } of parts) {
      expect(text).toMatch(/\| Id \| Notes \|\n\|---\|---\|\n\| 2 \| Note/);
    }
    const all = chunks.map(({ text }) => text).join("\n");
    expect(all.match(/Note \d+ says/g)).toHaveLength(120);
    for (const owner of ["Ann", "Bob", "Cem"]) expect(all).toContain(owner);
  });

  it("so wide that their header fills a chunk name the columns of each part", () => {
    const names = Array.from({ length: 120 }, (_, i) => `Measurement ${i}`);
    const { chunks } = chunksOf(
      `| ${names.join(" | ")} |\n|${"---|".repeat(120)}\n| ${names.map((_, i) => `value${i}`).join(" | ")} |`,
    );
    const part = chunks.find(({ text }) => text.includes("value77"))!;
    const [header, , row] = part.text.slice(
      part.text.lastIndexOf("| value0 |") === -1 ? 0 : part.text.lastIndexOf("\n\n") + 1,
    ).trim().split("\n");
    expect(
      header.split("|").findIndex((name) => name.trim() === "Measurement 77"),
    )
      .toBe(row.split("|").findIndex((value) => value.trim() === "value77"));
  });
});

describe("sections", () => {
  it("of a catalogue are each found under their own title", () => {
    const document = `# Catalogue\n\n${
      ["Valves", "Standards", "Software"].map((title) => `## ${title}\n\nAll on ${title}.`).join("\n\n")
    }`;
    for (const title of ["Valves", "Standards", "Software"]) {
      expect(found(document, `All on ${title}.`)?.[0]).toBe(
        `Catalogue > ${title}`,
      );
    }
  });

  it("that differ by a name only are distinguished by the context of each chunk", () => {
    const document = `# Guide\n\n${
      ["X200", "X300"].map((model) =>
        `## Warranty of ${model}\n\n${`${filler} `.repeat(40)}\n\nCells last ${model === "X200" ? 24 : 36} months.`
      ).join("\n\n")
    }`;
    const chunk = chunksOf(document).chunks.find(({ text }) => text.includes("36 months"))!;
    expect(embeddedText(chunk)).toContain("Warranty of X300");
    expect(embeddedText(chunk)).not.toContain("X200");
  });

  it("have the front matter's title as context", () => {
    const { title, chunks } = chunksOf(
      "---\ntitle: Staff handbook\nauthor: Jane\n---\n\n# Leave\n\n28 days.",
    );
    expect(title).toBe("Staff handbook");
    expect(chunks).toMatchObject([{
      headingPath: ["Leave"],
      context: "Staff handbook",
      text: "# Leave\n\n28 days.",
    }]);
  });

  it("are headings when underlined, as in CommonMark", () => {
    expect(found("# Notes\n\nAlpha team\n---\nMeets on Monday.", "Monday")?.[0])
      .toBe("Notes > Alpha team");
    expect(
      found("# Notes\n\nAlpha team\n\n---\n\nMeets on Monday.", "Monday")?.[0],
    ).toBe("Notes");
  });
});

describe("code", () => {
  it("stays code in every part when it is split", () => {
    const code = Array.from({ length: 500 }, (_, i) => `call(${i});`).join(
      "\n",
    );
    const { chunks } = chunksOf(
      `# Use\n\n\`\`\`js title=x\n${code}\n\`\`\`\n\nDone.`,
    );
    expect(chunks.length).toBeGreaterThan(3);
    for (const { text } of chunks) {
      expect(text.match(/^```js title=x$/gm)).toHaveLength(1);
      expect(text.match(/^```$/gm)).toHaveLength(1);
    }
  });
});

describe("a cleaned document", () => {
  it("contains no data URI, and keeps the alt text", () => {
    const base64 = "QUJDREVGR0hJSktMTU5PUFFS".repeat(5_000);
    const { chunks } = chunksOf(
      `# Boiler\n\nServiced yearly.\n\n![Wiring diagram](data:image/png;base64,${base64})\n\nKeep 1.5 bar.`,
    );
    expect(chunks).toHaveLength(1);
    expect(chunks[0].text).toBe(
      "# Boiler\n\nServiced yearly.\n\nWiring diagram\n\nKeep 1.5 bar.",
    );
  });

  it("has its sections, without the contents page", () => {
    const pages = [
      "# Contents\n\nIntroduction ........ 3\nWarranty ............ 4",
      `# Introduction\n\n${filler}`,
      "# Warranty\n\nTwo years.",
    ];
    expect(chunksOf(pages).chunks.map(({ pageFrom }) => pageFrom)).toEqual([
      2,
      3,
    ]);
  });

  it("of plain text has no headings", () => {
    const log = "#14 Roof repair\nAgreed.\n\n# TODO call\nBefore Friday.\n\nTotal\n-----\n12 EUR";
    const { chunks, title } = chunksOf(log, { isMarkdown: false });
    expect(title).toBeNull();
    expect(chunks).toMatchObject([{ text: log, headingPath: [], context: "" }]);
  });
});
