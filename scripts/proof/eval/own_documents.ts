import { readdir, readFile } from "node:fs/promises";
import { z } from "zod";
import { makePdf } from "../../platform/simulators/llamaparse/sample_pdf.ts";
import { type Collection, KINDS, type Question } from "./question.ts";

const DOCUMENTS = new URL("documents/", import.meta.url);
const QUESTIONS = new URL("questions/", import.meta.url);
const PAGE_BREAK = "<!-- page -->";

const questionsFile = z.array(z.strictObject({
  kind: z.enum(KINDS),
  query: z.string().min(1),
  /** Verbatim; it occurs in the document once. */
  answer: z.string().min(1),
}));

/**
 * The documents written for this evaluation, and their questions. The simulator receives their pages: a PDF with Arabic
 * or Japanese text would need fonts that machines lack.
 * @throws if an answer is not in its document, or occurs more than once
 */
export async function ownDocuments(): Promise<Collection> {
  const collection: Collection = {
    source: "own",
    documents: [],
    questions: [],
  };
  const names = (await readdir(DOCUMENTS)).filter((file) => file.endsWith(".md")).map((file) =>
    file.slice(0, -".md".length)
  ).sort();
  for (const name of names) {
    const text = await readFile(new URL(`${name}.md`, DOCUMENTS), "utf8");
    const pages = text.split(PAGE_BREAK).map((page) => page.trim());
    const language = name.split("_")[0];
    collection.documents.push({
      name,
      language,
      filename: `${name}.pdf`,
      bytes: await placeholderPdf(name, pages.length),
      markdownPages: pages,
    });
    const asked = questionsFile.parse(
      JSON.parse(await readFile(new URL(`${name}.json`, QUESTIONS), "utf8")),
    );
    for (const { kind, query, answer } of asked) {
      collection.questions.push({
        source: "own",
        language,
        kind,
        document: name,
        query,
        ...truthOf(name, pages, answer),
      });
    }
  }
  return collection;
}

function truthOf(
  name: string,
  pages: string[],
  answer: string,
): Pick<Question, "expected" | "pages" | "isAnswered"> {
  const wanted = squeeze(answer);
  const squeezed = pages.map(squeeze);
  const found = squeezed.flatMap((page, index) => Array(page.split(wanted).length - 1).fill(index + 1));
  if (found.length !== 1) {
    throw new Error(`${name} has ${found.length} times: ${answer}`);
  }
  return {
    expected: answer,
    pages: found,
    isAnswered: (content) => squeeze(content).includes(wanted),
  };
}

/** Line breaks have no meaning. */
function squeeze(text: string): string {
  return text.normalize("NFKC").replace(/\s+/g, "");
}

/** As many pages as the document has, all different from other documents'. */
function placeholderPdf(
  name: string,
  pages: number,
): Promise<Uint8Array<ArrayBuffer>> {
  return makePdf((doc) => {
    for (let number = 1; number <= pages; number++) {
      if (number > 1) doc.addPage();
      doc.text(`${name}, page ${number}`);
    }
  }, { info: { CreationDate: new Date("2026-01-01T00:00:00Z") } });
}
