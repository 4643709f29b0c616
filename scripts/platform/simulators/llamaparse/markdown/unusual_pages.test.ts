import { describe, expect, it } from "vitest";
import { makeJapanesePage, makePages, makePdf } from "../sample_pdf.ts";
import { parseDocument, type ParseOptions } from "./parse_document.ts";

const CASES = new URL(
  "../../../../../supabase/tests/e2e/fixtures/cases/",
  import.meta.url,
);

/** The document's pages, all of which can be read. */
async function parsedPages(bytes: Uint8Array, options?: ParseOptions) {
  const pages = await parseDocument(bytes, options);
  expect(pages.every(({ success }) => success)).toBe(true);
  return pages.filter((page) => page.success);
}

async function pagesOf(
  bytes: Uint8Array | string,
  options?: ParseOptions,
): Promise<string[]> {
  const file = typeof bytes === "string" ? await Deno.readFile(new URL(bytes, CASES)) : bytes;
  const pages = await parsedPages(file, options);
  return pages.map(({ markdown }) => markdown);
}

describe("text that does not run across the page", () => {
  it("is read on rotated pages and when it is rotated itself", async () => {
    expect(await pagesOf("p11-rotated.pdf")).toEqual([
      "Landscape plan. The emergency exit is behind the stage in hall two.",
      "Sideways text: the fuse box hangs in the corridor.",
    ]);
  });

  it.each([90, 180, 270, 45])(
    "is read at %i degrees, line by line",
    async (angle) => {
      const bytes = await makePdf((doc) => {
        doc.fontSize(12).rotate(angle, { origin: [300, 400] });
        doc.text("The first line names the key,", 200, 380);
        doc.text("the second says where it hangs.", 200, 396);
      });
      expect(await pagesOf(bytes)).toEqual([
        "The first line names the key, the second says where it hangs.",
      ]);
    },
  );

  it("stays apart from the text across the page", async () => {
    const bytes = await makePdf((doc) => {
      doc.fontSize(12).text("Sales grew in every quarter.", 100, 100);
      doc.text("They will grow again.", 100, 120);
      doc.rotate(-90, { origin: [60, 300] }).text("Euro a month", 60, 300);
    });
    expect(await pagesOf(bytes)).toEqual([
      "Sales grew in every quarter. They will grow again.\n\nEuro a month",
    ]);
  });
});

describe("Japanese in a font that is not embedded", () => {
  const lines = [
    "図書館の利用案内",
    "返却が遅れた場合は延",
    "滞料がかかります。",
  ];

  it.each(["horizontal", "vertical"] as const)(
    "is read in %s writing, without spaces where lines end",
    async (writing) => {
      const [page] = await pagesOf(makeJapanesePage(lines, writing));
      expect(page.replaceAll(/\s+/g, "")).toBe(lines.join(""));
      expect(page).toContain("返却が遅れた場合は延滞料がかかります。");
    },
  );
});

describe("text that is read from right to left", () => {
  it("is in reading order when its words were placed from the left", async () => {
    expect(await pagesOf("p15-arabic.pdf")).toEqual([
      "# قواعد المكتبة\n\nتفتح المكتبة أبوابها من الساعة التاسعة صباحا حتى الثامنة مساء. غرامة التأخير خمسة ريالات.",
    ]);
    expect(await pagesOf("p15b-hebrew.pdf")).toEqual([
      "הספרייה פתוחה מתשע בבוקר. קנס איחור הוא חמישה שקלים.",
    ]);
  });
});

describe("forms", () => {
  it("have their values beside the labels", async () => {
    const [page] = await pagesOf("p10-form.pdf");
    expect(page).toContain("Name: Maria Musterfrau");
    expect(page).toContain("Preferred start date: 1 September 2027");
  });

  it("include choices, ticks and several lines, and no passwords", async () => {
    const bytes = await makePdf((doc) => {
      doc.font("Helvetica").fontSize(12).initForm();
      doc.text("Colour:", 72, 100);
      doc.formCombo("colour", 200, 95, 200, 20, {
        select: ["red", "blue"],
        value: "blue",
        defaultValue: "blue",
      });
      doc.text("Remarks:", 72, 150);
      doc.formText("remarks", 200, 145, 200, 60, {
        multiline: true,
        value: "Ring twice.\nBeware of the dog.",
      });
      doc.text("Password:", 72, 250);
      doc.formText("secret", 200, 245, 200, 20, {
        password: true,
        value: "hunter2",
      });
    });
    const [page] = await pagesOf(bytes);
    expect(page).toContain("Colour: blue");
    expect(page).toContain("Remarks: Ring twice.");
    expect(page).toContain("Beware of the dog.");
    expect(page).not.toContain("hunter2");
  });
});

describe("scanned pages", () => {
  const scanned = [2, 3, 4, 5, 6, 7];

  it("are empty among pages with text", async () => {
    const pages = await pagesOf("p23-mixed-scan.pdf");
    expect(pages[0]).toContain("Cover letter");
    expect(pages[7]).toBe("End of the bundle.");
    for (const page of scanned) expect(pages[page - 1]).toBe("");
  });

  it("have the given text of their pictures when pictures are read", async () => {
    const pages = await pagesOf("p23-mixed-scan.pdf", {
      readImages: (page) => page === 3 ? "The rent is 900 euros." : "",
    });
    expect(pages[2]).toBe("The rent is 900 euros.");
    expect(pages[3]).toBe("");
  });

  it("fail the document when it has no other pages", async () => {
    for (const options of [{}, { readImages: () => "" }]) {
      await expect(pagesOf("p01-scanned.pdf", options)).rejects
        .toMatchObject({ code: "NO_DATA_FOUND_IN_FILE" });
    }
    expect(await pagesOf("p01-scanned.pdf", { readImages: (n) => `Page ${n}` }))
      .toEqual(["Page 1", "Page 2", "Page 3"]);
  });

  it("are not asked for pictures that they do not have", async () => {
    expect(await pagesOf("p11-rotated.pdf", { readImages: () => "invented" }))
      .not.toContain("invented");
  });
});

describe("a table over several pages", () => {
  const rows = (markdown: string) => [...markdown.matchAll(/T-(\d+) \|/g)].map(([, number]) => Number(number));
  const all = Array.from({ length: 110 }, (_, index) => 101 + index);

  it("keeps every row and takes none for a running header or footer", async () => {
    const pages = await pagesOf("p16-table-across-pages.pdf");
    expect(pages.flatMap(rows)).toEqual(all);
    expect(pages[0]).toContain("| Code | Service | Fee EUR |");
  });

  it("stands whole on its first page when merged, and its items list the others", async () => {
    const file = await Deno.readFile(
      new URL("p16-table-across-pages.pdf", CASES),
    );
    const pages = await parsedPages(file, { mergeTables: true });
    expect(rows(pages[0].markdown)).toEqual(all);
    expect(pages[0].markdown.match(/---/g)).toHaveLength(3);
    expect(pages[0].tables).toMatchObject([{ mergedFromPages: [1, 2, 3] }]);
    for (const page of pages.slice(1)) {
      expect(page.markdown).not.toContain("| T-");
      expect(page.tables).toMatchObject([{ mergedIntoPage: 1 }]);
    }
  });

  it("is HTML unless Markdown is asked for", async () => {
    const [page] = await pagesOf("p16-table-across-pages.pdf", {
      tables: "html",
    });
    expect(page).toContain(
      "<table>\n<tr><th>Code</th><th>Service</th><th>Fee EUR</th></tr>\n<tr><td>T-101</td>",
    );
    expect(page).not.toContain("| T-101");
  });
});

describe("slides", () => {
  it("become a page each, with their titles", async () => {
    const plain = await pagesOf("p18-slides.pdf");
    expect(plain).toHaveLength(30);
    expect(plain[16]).toContain("pension contribution rises to nine percent");
    const titled = await pagesOf("p18b-slides-titled.pdf");
    expect(titled).toHaveLength(20);
    expect(titled[4]).toMatch(/^# Topic 5\n\n/);
  });
});

describe("a page that is broken", () => {
  it("fails alone when others can be read", async () => {
    const bytes = await makePages(3);
    const text = new TextDecoder("latin1").decode(bytes);
    // The last page's entry in the tree is no page any more.
    const kids = /\/Kids \[(\d+ 0 R) (\d+ 0 R) (\d+ 0 R)\]/.exec(text)!;
    const at = text.indexOf(kids[3], kids.index);
    const broken = bytes.slice();
    broken.set(new TextEncoder().encode("null".padEnd(kids[3].length)), at);
    const pages = await parseDocument(broken);
    expect(pages.map(({ page_number, success }) => [page_number, success]))
      .toEqual([[1, true], [2, true], [3, false]]);
  });
});
