import { isUuid } from "../../uuid.ts";

export const MODES = ["hybrid", "vector", "text"] as const;
export type Mode = typeof MODES[number];

/** A search as the form and the address of the screen have it: texts. */
export interface Options {
  /** Whose documents; empty: the operator's own. */
  user: string;
  mode: string;
  k: string;
  words: string;
  meaning: string;
  min_score: string;
  min_similarity: string;
  max_per_document: string;
  language: string;
  documents: string;
  chunk: string;
}

/** The same as the database takes it. */
export interface Search {
  mode: Mode;
  k: number;
  documentIds: string[] | null;
  minScore: number | null;
  minSimilarity: number | null;
  maxPerDocument: number | null;
  weightWords: number | null;
  weightMeaning: number | null;
  language: string | null;
  chunkId: string | null;
}

const NAMES: (keyof Options)[] = [
  "user",
  "mode",
  "k",
  "words",
  "meaning",
  "min_score",
  "min_similarity",
  "max_per_document",
  "language",
  "documents",
  "chunk",
];
/** The question is not in the address: it may quote a document. */
export function optionsIn(params: URLSearchParams): Options {
  return Object.fromEntries(NAMES.map((name) => [name, params.get(name) ?? ""])) as unknown as Options;
}

/** @throws an error that says which option is wrong */
export function searchOf(options: Options): Search {
  const mode = MODES.find((mode) => mode === options.mode) ?? "hybrid";
  const documentIds = options.documents.split(/[\s,]+/).filter(Boolean);
  for (const id of documentIds) requireId(id, "document");
  const chunkId = options.chunk.trim();
  if (chunkId) requireId(chunkId, "chunk");
  const isHybrid = mode === "hybrid";
  return {
    mode,
    k: numberIn(options.k, "Results", 1, 50) ?? 8,
    documentIds: documentIds.length > 0 ? documentIds : null,
    minScore: numberIn(options.min_score, "Lowest score", 0, 1),
    // Options that a mode does not know have no effect, as at the API.
    minSimilarity: mode === "text" ? null : numberIn(options.min_similarity, "Lowest similarity", -1, 1),
    maxPerDocument: numberIn(options.max_per_document, "Most per document", 1, 50),
    weightWords: isHybrid ? numberIn(options.words, "Weight of words", 0, 1) : null,
    weightMeaning: isHybrid ? numberIn(options.meaning, "Weight of meaning", 0, 1) : null,
    language: options.language.trim().toLowerCase() || null,
    chunkId: chunkId || null,
  };
}

function numberIn(text: string, label: string, least: number, most: number): number | null {
  if (text.trim() === "") return null;
  const value = Number(text);
  if (Number.isFinite(value) && value >= least && value <= most) return value;
  throw new Error(`${label} must be a number from ${least} to ${most}.`);
}

function requireId(text: string, what: string): void {
  if (!isUuid(text)) throw new Error(`${text} is no id of a ${what}.`);
}
