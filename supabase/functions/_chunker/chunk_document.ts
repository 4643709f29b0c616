import { type Block, readBlocks } from "./blocks.ts";
import { chunkPassage, type Passed } from "./chunk_passage.ts";
import { cleanPages } from "./cleaning/clean_pages.ts";
import { convertHtmlTables } from "./html_tables.ts";
import { joinPages } from "./join_pages.ts";
import { type Page, readPages } from "./pages.ts";
import type { Slice } from "./passage_slices.ts";
import { linesAsBlock, readPlainText } from "./plain_text.ts";
import { passagesOf, titleOf } from "./sections.ts";
import { stretchesOf } from "./stretches.ts";
import type { CountTokens } from "./units.ts";

export { embeddedText } from "./context.ts";
export type { CountTokens } from "./units.ts";

/** A part of every chunk's id: a change of `chunkDocument`'s output requires a new version. */
export const chunkerName = "markdown-simple";
export const chunkerVersion = "2";

export interface Chunk {
  /** Position in the document, from 0. */
  ord: number;
  /** The passage as written, after cleaning: what users see. Joined where it continues over a page's end. */
  text: string;
  /**
   * The titles of the document and of the sections around, which precede the text for the embedding provider and the
   * index.
   */
  context: string;
  /** The titles of the sections around the whole text, outermost first. */
  headingPath: string[];
  /** The first page of the text, from 1; null if pages are unknown. */
  pageFrom: number | null;
  pageTo: number | null;
  /**
   * The offsets in the text at which its pages begin, in Unicode code points; the first is 0. Empty if pages are
   * unknown.
   */
  pageOffsets: number[];
  /** Of `embeddedText`. */
  tokens: number;
}

/** Where the next portion of a document begins; serialisable as JSON between invocations. */
export interface Resume {
  stretch: number;
  ord: number;
}

export interface Portion {
  chunks: Chunk[];
  /** Null after the last portion. */
  next: Resume | null;
  /** The title in the front matter, or the one topmost heading. */
  title: string | null;
  /** The number of stretches chunked so far, and in all. */
  done: number;
  total: number;
}

export interface ChunkOptions {
  /** UTF-16 offsets in the Markdown at which pages 1, 2, … start, ascending; empty if unknown. */
  pageStarts: number[];
  /** False for plain text, which has no headings, tables or code. */
  isMarkdown: boolean;
  /**
   * The most tokens of a chunk with its context, at least 16; never exceeded.
   */
  maxTokens: number;
  countTokens: CountTokens;
  /** Where an earlier portion ended. */
  resume?: Resume | null;
  /**
   * Called before each stretch but a portion's first; false ends the portion.
   */
  hasTime?: () => boolean;
}

/**
 * Cuts a document into chunks along its headings and pages. Paragraphs, lists, tables and code stay whole if they fit
 * into one; a chunk leaves its page only with a sentence that does. The same input always gives the same chunks,
 * whatever its portions, in time proportional to its length. Each portion reads the whole document again, without
 * counting tokens (3 MB in 0.1–1 s).
 * @throws {RangeError} if an option is invalid
 */
export function chunkDocument(
  markdown: string,
  options: ChunkOptions,
): Portion {
  const { maxTokens, countTokens, hasTime = () => true } = options;
  if (!(maxTokens >= 16)) {
    throw new RangeError("maxTokens must be at least 16");
  }
  const { stretches, title } = readDocument(markdown, options);
  const resume = options.resume ?? { stretch: 0, ord: 0 };
  const chunks: Chunk[] = [];
  let stretch = resume.stretch;
  while (
    stretch < stretches.length && (stretch === resume.stretch || hasTime())
  ) {
    for (const slice of stretches[stretch]) {
      for (
        const passed of chunkPassage(slice, title, { maxTokens, countTokens })
      ) {
        chunks.push(chunkOf(passed, resume.ord + chunks.length));
      }
    }
    stretch++;
  }
  const isLast = stretch >= stretches.length;
  return {
    chunks,
    next: isLast ? null : { stretch, ord: resume.ord + chunks.length },
    title,
    done: Math.min(stretch, stretches.length),
    total: stretches.length,
  };
}

function chunkOf(passed: Passed, ord: number): Chunk {
  return { ord, ...passed };
}

/**
 * A document with more lines than this becomes plain lines: 3 MB of line breaks would be a million paragraphs, and take
 * longer than the platform lets a function run.
 */
const MOST_LINES = 400_000;

/** Everything that counts no tokens: the document's text, cleaned, in sections and stretches. */
export function readDocument(
  markdown: string,
  { pageStarts, isMarkdown }: Pick<ChunkOptions, "pageStarts" | "isMarkdown">,
): { stretches: Slice[][]; title: string | null } {
  const pages = readPages(markdown, pageStarts);
  if (hasMoreLines(markdown, MOST_LINES)) {
    const blocks = pages.flatMap(linesAsBlock);
    return { stretches: stretchesOf(passagesOf(blocks)), title: null };
  }
  const cleaned = cleanPages(pages, { isMarkdown });
  const blocks = joinPages(
    cleaned.pages.map(isMarkdown ? readMarkdown : readPlainText),
  );
  return {
    stretches: stretchesOf(passagesOf(blocks)),
    title: cleaned.title ?? titleOf(blocks),
  };
}

function readMarkdown({ number, text }: Page): Block[] {
  return readBlocks({ number, text: convertHtmlTables(text) });
}

function hasMoreLines(text: string, most: number): boolean {
  let lines = 0;
  for (
    let at = text.indexOf("\n");
    at !== -1 && lines <= most;
    at = text.indexOf("\n", at + 1)
  ) lines++;
  return lines > most;
}
