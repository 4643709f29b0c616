/** A question's wording, compared with the passage that answers it. */
export const KINDS = [
  /** In the passage's words. */
  "plain",
  /** In other word forms. */
  "inflected",
  /** By a code, a reference or a command. */
  "code",
  /** With a quoted phrase. */
  "phrase",
  /** Misspelled. */
  "typo",
  /** In other words of the same meaning. */
  "synonym",
  /** In another language. */
  "cross",
] as const;

export type Kind = typeof KINDS[number];

export const MODES = ["text", "vector", "hybrid"] as const;
export type Mode = typeof MODES[number];

/** Our own documents, or Debian's books. */
export const SOURCES = ["own", "debian"] as const;
export type Source = typeof SOURCES[number];

/** The compared parts of a found passage. */
export interface Hit {
  document_id: string;
  page: number | null;
  content: string;
}

/** A question with its known answer. */
export interface Question {
  source: Source;
  /** ISO 639-1, of the document; a question of the kind `cross` is in another language. */
  language: string;
  kind: Kind;
  /** The name of the document with the answer. */
  document: string;
  query: string;
  /** The answer, for display. */
  expected: string;
  /** Pages of the document with the answer, from 1. */
  pages: number[];
  /** Whether a passage of the document has the answer. */
  isAnswered(content: string): boolean;
}

export interface EvalDocument {
  /** Unique in its source. */
  name: string;
  language: string;
  filename: string;
  bytes: Uint8Array<ArrayBuffer>;
  /** The text of each page for the simulator; without it, the simulator reads the file. */
  markdownPages?: string[];
}

/** Documents of one source, and their questions. */
export interface Collection {
  source: Source;
  documents: EvalDocument[];
  questions: Question[];
}
