import { expect, test } from "vitest";
import type { Passage, SearchAnswer } from "../../../client/src/index.ts";
import { Screen } from "../../dev/terminal/screen.ts";
import { showAnswer } from "./search.ts";

const PASSAGE: Passage = {
  chunk_id: "c",
  document_id: "d",
  filename: "statutes.pdf",
  page: 3,
  page_from: 3,
  page_to: 3,
  heading_path: ["Statutes", "Meetings"],
  content: "## Meetings\n\nThe quorum is four.",
  highlights: [{ start: 17, end: 23 }],
  score: 0.8123,
  similarity: 0.6,
  text_score: 0.7,
  vector_rank: 1,
  text_rank: 1,
  chunk_ord: 4,
};

function shown(answer: Partial<SearchAnswer>, color = false): string {
  const lines: string[] = [];
  showAnswer(new Screen((line) => lines.push(line), { color }), {
    query: "quorum",
    mode: "hybrid",
    results: [],
    next_cursor: null,
    notices: [],
    took_ms: 1,
    ...answer,
  });
  return lines.join("\n");
}

test("shows a passage with page, headings and score, and the question's words in bold", () => {
  expect(shown({ results: [PASSAGE] })).toMatch(
    /1 {2}statutes\.pdf, page 3 +score 0\.812\n +Statutes > Meetings\n +The quorum is four\.$/,
  );
  expect(shown({ results: [PASSAGE] }, true))
    .toContain("The \u001b[1mquorum\u001b[22m is four.");
});

test("shows notices about the question first", () => {
  const notices = [
    {
      code: "SPELLING_CORRECTED",
      message: "Corrected.",
      word: "qourum",
      taken_for: "quorum",
    },
    { code: "WORDS_LEFT_OUT", message: "Left out: \u001b[2Jx.", words: ["x"] },
  ];
  expect(shown({ notices, degraded: true }).split("\n")).toEqual([
    "  The embedder is unavailable; only words were compared.",
    "  Searched for quorum instead of qourum.",
    "  Left out: ␛[2Jx.",
    "  No passage found.",
  ]);
});

test("shows neighbours around a passage, and duplicates and explanations below", () => {
  const beside = (chunk_ord: number, content: string) => ({
    chunk_id: "n",
    chunk_ord,
    page: 3,
    heading_path: [],
    content,
  });
  const text = shown({
    results: [{
      ...PASSAGE,
      neighbours: [beside(3, "Before it."), beside(5, "After it.")],
      duplicates: [{
        chunk_id: "e",
        document_id: "f",
        filename: "copy.pdf",
        page: 7,
      }],
      explanation: {
        words: {
          score: 0.7,
          rank: 1,
          weight: 0.5,
          terms: [
            { word: "quorum", role: "wanted", found: "exactly" },
            {
              word: "metings",
              role: "wanted",
              found: "in part",
              taken_for: "meetings",
            },
            { word: "boats", role: "excluded", found: "no" },
          ],
        },
        meaning: { score: null, similarity: null, rank: null, weight: 0.5 },
      },
    }],
  });
  expect(text.split("\n").slice(-6).map((line) => line.trim())).toEqual([
    "Before it.",
    "The quorum is four.",
    "After it.",
    "The same text is in copy.pdf, page 7.",
    "Words 0.7 (number 1, weight 0.5): quorum exactly, meetings in part, -boats no",
    "Meaning not compared",
  ]);
});

test("shows last why a chunk was not found, and that there are more", () => {
  const explained = {
    chunk_id: "x",
    found: false,
    reason: "NO_WORD_FOUND",
    message: "It has no word.",
  };
  expect(shown({ results: [PASSAGE], explained, next_cursor: "c" })).toMatch(
    /four\.\n\n {2}It has no word\.\n\n {2}There are more: use -k, up to 50\.$/,
  );
});
