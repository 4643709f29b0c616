import type { SearchOptions } from "supabase-document-pipeline-client";
import type { How } from "./asking.ts";
import { isUuid } from "../../uuid.ts";

export type Mode = "hybrid" | "text" | "vector";
export const MODES: Mode[] = ["hybrid", "text", "vector"];

/** What is searched, and how: all that the address has. */
export interface Question {
  text: string;
  /** Only these documents; all if there are none. */
  documents: string[];
  mode: Mode;
  /** How much words count in the score, in percent; meaning has the rest. With mode `hybrid`. */
  words: number;
  /** The most passages of one document; null for all. */
  perDocument: number | null;
  /** Whether passages are left out that are there only because nothing is nearer. */
  hidesWeak: boolean;
}

export const PER_PAGE = 8;
export const MOST_DOCUMENTS = 100;
/** docs/using/searching.md: below it, a passage appears only because nothing is nearer. */
export const WEAK_BELOW = 0.3;
const EVEN = 50;
export function readQuestion(params: URLSearchParams): Question {
  const mode = params.get("mode");
  const documents = (params.get("document") ?? "").split(",").filter((id) => isUuid(id));
  return {
    // Longer ones are refused.
    text: (params.get("q") ?? "").slice(0, 2_000),
    documents: [...new Set(documents)].slice(0, MOST_DOCUMENTS),
    mode: MODES.find((known) => known === mode) ?? "hybrid",
    words: wholeNumber(params.get("words"), 0, 100) ?? EVEN,
    perDocument: wholeNumber(params.get("each"), 1, 50),
    hidesWeak: params.get("weak") === "hidden",
  };
}

/** The parameters of the address. What is as by default has none. */
export function paramsOf(
  { text, documents, mode, words, perDocument, hidesWeak }: Question,
): Record<string, string | number | null> {
  return {
    q: text,
    document: documents.join(","),
    mode: mode === "hybrid" ? null : mode,
    words: words === EVEN ? null : words,
    each: perDocument,
    weak: hidesWeak ? "hidden" : null,
  };
}

/** What the client asks. A preview compares words alone. */
export function optionsOf(question: Question, how: How): Omit<SearchOptions, "cursor" | "signal"> {
  const mode = how === "preview" ? "text" : question.mode;
  const hasWeights = mode === "hybrid" && question.words !== EVEN;
  return {
    k: PER_PAGE,
    mode,
    ...question.documents.length > 0 && { documentIds: question.documents },
    ...hasWeights && { weights: { words: question.words / 100, meaning: 1 - question.words / 100 } },
    ...question.perDocument !== null && { maxPerDocument: question.perDocument },
    ...question.hidesWeak && { minScore: WEAK_BELOW },
  };
}

function wholeNumber(text: string | null, least: number, most: number): number | null {
  if (text === null || !/^\d{1,3}$/.test(text)) return null;
  const number = Number(text);
  return number >= least && number <= most ? number : null;
}
