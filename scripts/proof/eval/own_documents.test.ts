import { describe, expect, it } from "vitest";
import { ownDocuments } from "./own_documents.ts";
import { KINDS } from "./question.ts";

describe("our own documents", async () => {
  const { documents, questions } = await ownDocuments();

  it("are in seven languages, with several pages and questions each", () => {
    expect(new Set(documents.map(({ language }) => language))).toEqual(
      new Set(["en", "de", "fr", "es", "ja", "zh", "ar"]),
    );
    for (const { name, markdownPages } of documents) {
      expect(markdownPages!.length, name).toBeGreaterThanOrEqual(4);
      const asked = questions.filter(({ document }) => document === name);
      expect(asked.length, name).toBeGreaterThanOrEqual(12);
    }
  });

  it("have every kind of question", () => {
    expect(new Set(questions.map(({ kind }) => kind))).toEqual(new Set(KINDS));
  });

  it("answer each question on the named page only", () => {
    for (const { document, pages, expected, isAnswered } of questions) {
      const { markdownPages } = documents.find(({ name }) => name === document)!;
      const answering = markdownPages!.flatMap((page, index) => isAnswered(page) ? [index + 1] : []);
      expect(answering, expected).toEqual(pages);
    }
  });
});
