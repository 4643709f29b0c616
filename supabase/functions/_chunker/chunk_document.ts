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

/**
 * Part of every chunk's id: where `chunkDocument` is changed to answer
 * otherwise, the version is to be raised.
 */
export const chunkerName = "markdown-simple";
export const chunkerVersion = "2";

export interface Chunk {
  /** Position in the document, from 0. */
  ord: number;
  /**
   * The passage as written, but for what cleaning took: what users see. Joined
   * where it truly continues over a page's end.
   */
  text: string;
  /**
   * What stands before the text for the embedding provider and the index: the
   * titles of the document and the sections around.
   */
  context: string;
  /**
   * The titles of the sections around the text, outermost first; true of all of
   * it.
   */
  headingPath: string[];
  /**
   * The first page, from 1, on which the text stands; null if pages are
   * unknown.
   */
  pageFrom: number | null;
  pageTo: number | null;
  /**
   * Where in the text each of its pages begins, in Unicode code points; the
   * first at 0. Empty if pages are unknown.
   */
  pageOffsets: number[];
  /** Of `embeddedText`. */
  tokens: number;
}

/**
 * Where the next portion of a document begins; as JSON it can be kept between
 * invocations.
 */
export interface Resume {
  stretch: number;
  ord: number;
}

export interface Portion {
  chunks: Chunk[];
  /** Null with the last portion. */
  next: Resume | null;
  /** What front matter names, or the one heading above all others. */
  title: string | null;
  /** Stretches of the document chunked so far, and in all. */
  done: number;
  total: number;
}

export interface ChunkOptions {
  /**
   * UTF-16 offsets in the Markdown at which pages 1, 2, … start, ascending;
   * empty if unknown.
   */
  pageStarts: number[];
  /** False for plain text, which has no headings, tables or code. */
  isMarkdown: boolean;
  /**
   * The most tokens a chunk may have with its context, at least 16. Always
   * kept.
   */
  maxTokens: number;
  countTokens: CountTokens;
  /** Where an earlier portion ended. */
  resume?: Resume | null;
  /**
   * Asked before each stretch but a portion's first; false ends the portion.
   */
  hasTime?: () => boolean;
}

/**
 * Cuts a document into chunks along its headings and pages. Paragraphs, lists,
 * tables and code stay whole where they fit into one; a chunk leaves its page
 * only with a sentence that does. The same input always gives the same chunks,
 * whatever the portions they are asked in, in time proportional to its length.
 * Each portion reads the whole document anew, without counting tokens (3 MB in
 * 0.1–1 s).
 * @throws {RangeError} if an option makes no sense
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
 * Lines of text beyond which a document is taken for nothing but lines: 3 MB of
 * line breaks would make a million paragraphs, and take longer than the
 * platform lets a function run.
 */
const MOST_LINES = 400_000;

/**
 * All that takes no counting of tokens: the document's text, cleaned, in
 * sections, in stretches.
 */
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
