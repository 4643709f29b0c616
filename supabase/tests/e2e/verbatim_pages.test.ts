import { describe, expect, it } from "vitest";
import { askVerbatim, pickSentences, readPages } from "../../../scripts/proof/bench/pages/verbatim.ts";
import { makePdf } from "../../../scripts/platform/simulators/llamaparse/sample_pdf.ts";
import { call, createUser, upload, waitFor } from "./harness.ts";
import { useIdleStack } from "./hooks.ts";

const SUBJECTS = [
  "clerk",
  "harbour master",
  "pilot",
  "lamp keeper",
  "carpenter",
  "cook",
  "surveyor",
];
const VERBS = [
  "counts",
  "repairs",
  "records",
  "inspects",
  "paints",
  "orders",
  "returns",
];
const OBJECTS = [
  "ropes",
  "lanterns",
  "charts",
  "barrels",
  "anchors",
  "ledgers",
  "sails",
  "buoys",
];

const SYLLABLES = [
  "ba",
  "lo",
  "mir",
  "ti",
  "ven",
  "ka",
  "ro",
  "dun",
  "fe",
  "sul",
];

/** A unique name for each number, which a stemmer does not change. */
function nameOf(n: number): string {
  const letters = [...String(1000 + n)].map((digit) => SYLLABLES[Number(digit)]);
  return `Z${letters.join("")}`;
}

/** A unique sentence for each number. */
function sentence(n: number): string {
  const of = (words: string[], by: number) => words[Math.floor(n / by) % words.length];
  return `The ${of(SUBJECTS, 1)} of ${nameOf(n)} ${of(VERBS, 7)} the ${of(OBJECTS, 49)} of ${
    nameOf(5000 + n)
  } before the evening tide comes in.`;
}

/** A document of paragraphs over several pages, with occasional headings and a running line on every page. */
function makeBook(
  { paragraphs, perParagraph, headingEvery }: {
    paragraphs: number;
    perParagraph: number;
    headingEvery: number;
  },
): Promise<Uint8Array> {
  let n = 0;
  return makePdf((doc) => {
    let page = 1;
    const running = () => {
      const { bottom } = doc.page.margins;
      doc.page.margins.bottom = 0;
      doc.fontSize(8).text(`Harbour rules, page ${page++}`, 72, 750, {
        lineBreak: false,
      });
      doc.page.margins.bottom = bottom;
      doc.x = 72;
      doc.y = 72;
    };
    running();
    doc.on("pageAdded", running);
    for (let i = 0; i < paragraphs; i++) {
      if (i % headingEvery === 0) {
        doc.font("Helvetica-Bold").fontSize(14).text(
          `Section ${i / headingEvery + 1}`,
        ).moveDown(0.5);
      }
      const text = Array.from({ length: perParagraph }, () => sentence(n++))
        .join(" ");
      doc.font("Helvetica").fontSize(10).text(text).moveDown();
    }
  });
}

describe("a sentence searched word by word", () => {
  const sql = useIdleStack();

  it.each([
    ["long paragraphs", { paragraphs: 30, perParagraph: 14, headingEvery: 10 }],
    ["short sections", { paragraphs: 60, perParagraph: 2, headingEvery: 1 }],
    ["paragraphs of one sentence", {
      paragraphs: 120,
      perParagraph: 1,
      headingEvery: 40,
    }],
  ])("is found with its page in a book of %s", async (_, shape) => {
    const bytes = await makeBook(shape);
    const pages = await readPages(bytes);
    expect(pages.length).toBeGreaterThan(2);
    const user = await createUser();
    const { document_id } = await upload(user, bytes);
    await waitFor(user, document_id, ["complete"]);

    const picked = pickSentences(pages, 40);
    expect(picked.length).toBeGreaterThan(25);
    const result = await askVerbatim(picked, async (query) => {
      const { body } = await call("/api/search", {
        method: "POST",
        user,
        json: { query, mode: "text", k: 1 },
      });
      return body.results;
    });
    expect(result.wrongPages).toEqual([]);
    // Sentences that differ only in names may outrank each other; the answered one is on its page all the same.
    expect(result.found).toBeGreaterThan(0.9 * picked.length);

    const [{ longest }] = await sql`
      select max(page_to - page_from) as longest from upload_pipeline.document_chunks
      where document_id = ${document_id}`;
    expect(longest).toBeLessThanOrEqual(1);
  });
});
