/** How a question is put, compared with the words of the passage that answers it. */
export const KINDS = [
  /** In words of the passage, as people ask. */
  "plain",
  /** In other forms of its words. */
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

/** What is looked at of a passage that a search found. */
export interface Hit {
  document_id: string;
  page: number | null;
  content: string;
}

/** A question with what is known to answer it. */
export interface Question {
  source: Source;
  /** ISO 639-1, of the document; a question of the kind `cross` is in another one. */
  language: string;
  kind: Kind;
  /** Name of the document that has the answer. */
  document: string;
  query: string;
  /** The answer, for people. */
  expected: string;
  /** Pages of the document on which it stands, from 1. */
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
  /** What the parser's stand-in is to say of each page; without it, it reads the file. */
  markdownPages?: string[];
}

/** Documents of one source, and the questions to them. */
export interface Collection {
  source: Source;
  documents: EvalDocument[];
  questions: Question[];
}
