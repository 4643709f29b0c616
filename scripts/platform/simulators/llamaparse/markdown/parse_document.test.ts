import { describe, expect, it } from "vitest";
import { makePages, makePdf } from "../sample_pdf.ts";
import { parseDocument, type ParseOptions } from "./parse_document.ts";

/** The document's pages, all of which can be read. */
async function parsedPages(bytes: Uint8Array, options?: ParseOptions) {
  const pages = await parseDocument(bytes, options);
  expect(pages.every(({ success }) => success)).toBe(true);
  return pages.filter((page) => page.success);
}

async function paper(name: string) {
  const file = new URL(
    `../../../../../node_modules/pdf-parse/test/data/${name}`,
    import.meta.url,
  );
  const pages = await parsedPages(await Deno.readFile(file));
  return pages.map((page) => page.markdown);
}

/** Asserts that the parts appear in the text, one after the other. */
function expectInOrder(text: string, parts: string[]) {
  const places = parts.map((part) => text.indexOf(part));
  expect(places).not.toContain(-1);
  expect(places).toEqual([...places].sort((a, b) => a - b));
}

describe("a document with headings, paragraphs, lists and a table", () => {
  it("becomes Markdown with the same structure", async () => {
    const bytes = await makePdf((doc) => {
      doc.font("Helvetica-Bold").fontSize(24).text("Garden Calendar");
      doc.moveDown().fontSize(16).text("1. Spring");
      doc.font("Helvetica").fontSize(11).moveDown(0.5).text(
        "Sow the peas when the soil is no longer cold to the hand, and cover them with a finger's " +
          "breadth of earth. Keep the bed moist until the first leaves show.",
      );
      doc.moveDown().text("Before sowing, have at hand:");
      doc.moveDown(0.3).list([
        "a rake and a line",
        "labels that withstand the rain, which in this garden means labels of slate or of zinc, since " +
        "wood rots within two years",
        "water",
      ]);
      doc.moveDown().font("Helvetica-Bold").fontSize(13).text("1.1 Distances");
      doc.font("Helvetica").fontSize(11).moveDown();
      const top = doc.y;
      const rows = [
        ["Plant", "Row", "Between plants"],
        ["Pea", "40 cm", "5 cm"],
        ["Bean | dwarf", "50 cm", "8 cm"],
        ["Lettuce", "30 cm", "25 cm"],
      ];
      rows.forEach((row, r) => row.forEach((cell, c) => doc.text(cell, 72 + c * 140, top + r * 22)));
    });
    const [page] = await parsedPages(bytes);
    expect(page.markdown).toBe(`# Garden Calendar

## 1. Spring

Sow the peas when the soil is no longer cold to the hand, and cover them with a finger's breadth of earth. Keep the bed moist until the first leaves show.

Before sowing, have at hand:

- a rake and a line
- labels that withstand the rain, which in this garden means labels of slate or of zinc, since wood rots within two years
- water

### 1.1 Distances

| Plant | Row | Between plants |
| --- | --- | --- |
| Pea | 40 cm | 5 cm |
| Bean \\| dwarf | 50 cm | 8 cm |
| Lettuce | 30 cm | 25 cm |`);
  });

  it("keeps running footers and page numbers out of the text", async () => {
    const bytes = await makePdf((doc) => {
      for (let number = 1; number <= 3; number++) {
        if (number > 1) doc.addPage();
        doc.fontSize(11).text(`Sentence number ${number} of the tale.`);
        doc.fontSize(8).text(`The Tale, page ${number}`, 72, 700);
      }
    });
    const pages = await parsedPages(bytes);
    expect(pages.map((page) => page.markdown)).toEqual([
      "Sentence number 1 of the tale.",
      "Sentence number 2 of the tale.",
      "Sentence number 3 of the tale.",
    ]);
    expect(pages[1].footer).toBe("The Tale, page 2");
  });
});

describe("papers in two columns", () => {
  it("reads the left column before the right one and finds the sections", async () => {
    const pages = await paper("01-valid.pdf");
    expect(pages).toHaveLength(14);
    expectInOrder(pages[0], [
      "# Trace-based Just-in-Time Type Specialization for Dynamic Languages\n",
      "## Abstract\n",
      "## 1. Introduction\n",
      "client-side web programming",
      "and is used for the application logic",
      "We present a trace-based compilation technique",
    ]);
    expectInOrder(pages.join("\n"), [
      "## 2. Overview: Example Tracing Run\n",
      "## 3. Trace Trees\n",
      "### 3.1 Traces\n",
      "### 6.6 Correctness\n",
      "## 9. Conclusions\n",
      "## References",
    ]);
  });

  it("joins hyphenated words, and lines to paragraphs", async () => {
    const [page] = await paper("01-valid.pdf");
    expect(page).toContain(
      "compiling lazily discovered alternative paths through nested loops. We have implemented a dynamic compiler",
    );
    expect(page).not.toMatch(/\p{L}- \p{Ll}/u);
  });

  it("reads a publisher's layout", async () => {
    const text = (await paper("02-valid.pdf")).join("\n");
    expectInOrder(text, [
      "# Performance evaluation of a GaInP/GaAs solar cell structure with the integration of AlGaAs tunnel junction\n",
      "## 1. Introduction\n",
      "## 2. Experimental method\n",
      "## 3. Results and discussion\n",
      "## 4. Conclusion",
      "References",
    ]);
  });

  it("keeps a side column apart and its reference list a list", async () => {
    const pages = await paper("04-valid.pdf");
    expect(pages[0]).toContain(
      "# Acute effect of speed exercise on nitric oxide (NO) level of footballers\n",
    );
    expect(pages[0]).toMatch(/after the exercise and 25\.59 ± 1\.59 before/);
    expectInOrder(pages.join("\n"), [
      "Introduction\n",
      "Materials and Methods\n",
      "Results\n",
      "Discussion\n",
      "References\n",
      "\n10. Green LC",
      "\n23. Jungersten L",
    ]);
  });
});

describe("documents that cannot be parsed", () => {
  const failure = (bytes: Uint8Array, most?: number) =>
    parseDocument(bytes, { mostPages: most }).then(
      () => "parsed",
      (error) => error.code,
    );

  it("reports a file that is no PDF", async () => {
    const bytes = new TextEncoder().encode("Dear reader");
    expect(await failure(bytes)).toBe("UNSUPPORTED_FILE_TYPE");
  });

  it("reports a broken PDF", async () => {
    const whole = await makePages(2);
    expect(await failure(whole.slice(0, 200))).toBe("PDF_IS_BROKEN");
  });

  it("reports a PDF with a password", async () => {
    const bytes = await makePdf((doc) => doc.text("secret"), {
      userPassword: "open sesame",
    });
    expect(await failure(bytes)).toBe("PDF_IS_PROTECTED");
  });

  it("reports a PDF without text", async () => {
    const bytes = await makePdf((doc) => doc.rect(72, 72, 200, 90).fill("red"));
    expect(await failure(bytes)).toBe("NO_DATA_FOUND_IN_FILE");
  });

  it("reports a document with too many pages", async () => {
    expect(await failure(await makePages(3), 2)).toBe("TOO_MANY_PAGES");
  });
});
