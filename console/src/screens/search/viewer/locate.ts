import { readBlocks, textsOf } from "../readable.ts";
import { align, type Match } from "./alignment.ts";
import { addLetters, type Letters, noLetters } from "./letters.ts";

/** The text layer of a page: its pieces in the order of the file. */
export interface PageText {
  page: number;
  pieces: string[];
}

/** A part of a page's piece that belongs to the passage. */
export interface Mark {
  piece: number;
  /** UTF-16 offsets in the piece. */
  start: number;
  end: number;
  /** Whether the question's words are there. */
  isHit: boolean;
}

export interface Located {
  /** Marks by page, in the order of the pieces. */
  marks: Map<number, Mark[]>;
  /** The share of the passage's letters that were found, 0 to 1. */
  share: number;
}

export interface Sought {
  /** The passage as the parser wrote it: Markdown. */
  content: string;
  highlights: readonly { start: number; end: number }[];
}

/** Why nothing is marked: the pages have no text, or their text is not the passage's. */
export type NotLocated = "no_text" | "other_text";

/** A smaller share may be chance: nothing is marked then, rather than something wrong. */
const SMALLEST_SHARE = 0.5;
const LETTER = /[\p{L}\p{N}]/u;
const LETTERS = /[\p{L}\p{N}\p{M}]+/gu;
/** Some programs write lines of Arabic and Hebrew as they look: the last word first. */
const RIGHT_TO_LEFT = /[\p{sc=Arabic}\p{sc=Hebrew}\p{sc=Syriac}\p{sc=Thaana}]/u;
/** `***`. */
const LONGEST_EMPHASIS = 3;
/** The most letters of all pages together: a page of a book has 3,000. */
const MOST_LETTERS = 200_000;

/**
 * Finds a passage in the text layers of pages that follow each other. Spaces, hyphens at ends of lines, ligatures,
 * accents, Markdown, the borders of tables, and headers and footers between two pages may differ.
 */
export function locate({ content, highlights }: Sought, pages: PageText[]): Located | NotLocated {
  const passage = lettersOfPassage(content);
  const layer = lettersOfPages(pages);
  if (layer.letters.text === "") return "no_text";
  const located = find(passage, layer, highlights);
  if (located || !RIGHT_TO_LEFT.test(passage.text)) return located ?? "other_text";
  return find(passage, lettersOfPages(pages, { isReversed: true }), highlights) ?? "other_text";
}

function find(passage: Letters, layer: LayerLetters, highlights: Sought["highlights"]): Located | undefined {
  const matches = align(passage.text, passage.begins, layer.letters.text).flatMap((match) =>
    wholeWords(match, passage)
  );
  const found = matches.reduce((sum, { length }) => sum + length, 0);
  const share = passage.text === "" ? 0 : found / passage.text.length;
  if (share < SMALLEST_SHARE) return undefined;
  return { share, marks: marksOf(matches, passage, layer, highlights) };
}

function lettersOfPassage(content: string): Letters {
  const letters = noLetters();
  for (const runs of readBlocks(content).flatMap(textsOf)) {
    let end = -Infinity;
    for (const { text, start, end: until, isTarget } of runs) {
      // The address of a link is in no text layer.
      if (isTarget) continue;
      // Within a word there is at most the mark of an emphasis.
      if (start > end + LONGEST_EMPHASIS) letters.isWithinWord = false;
      const from = letters.text.length;
      addLetters(letters, text, start);
      if (text.length !== until - start) {
        letters.starts.fill(start, from);
        letters.ends.fill(until, from);
      }
      end = until;
    }
  }
  return letters;
}

/** The letters of the text layers of several pages. */
interface LayerLetters {
  letters: Letters;
  /** For each letter, its piece among all pieces. */
  owners: number[];
  pieces: { page: number; piece: number; text: string }[];
}

/** @param isReversed whether the words of each piece go from right to left in the file as on the page */
function lettersOfPages(pages: PageText[], { isReversed = false } = {}): LayerLetters {
  const letters = noLetters();
  const owners: number[] = [];
  const all: LayerLetters["pieces"] = [];
  for (const { page, pieces } of pages) {
    for (const [piece, text] of pieces.entries()) {
      if (letters.text.length > MOST_LETTERS) break;
      const words = isReversed ? [...text.matchAll(LETTERS)].reverse() : [{ 0: text, index: 0 }];
      for (const { 0: word, index } of words) addLetters(letters, word, index);
      while (owners.length < letters.text.length) owners.push(all.length);
      all.push({ page, piece, text });
    }
  }
  return { letters, owners, pieces: all };
}

/** A match without the letters at its ends that are only part of a word, which may be chance. */
function wholeWords({ passage, page, length }: Match, letters: Letters): Match[] {
  const isBoundary = (at: number) => at >= letters.text.length || letters.begins[at];
  let from = 0;
  let to = length;
  while (from < to && !isBoundary(passage + from)) from++;
  while (to > from && !isBoundary(passage + to)) to--;
  return to > from ? [{ passage: passage + from, page: page + from, length: to - from }] : [];
}

function marksOf(
  matches: Match[],
  passage: Letters,
  { letters, owners, pieces }: LayerLetters,
  highlights: Sought["highlights"],
): Map<number, Mark[]> {
  const isHit = (at: number) =>
    highlights.some(({ start, end }) => passage.starts[at] < end && passage.ends[at] > start);
  /** For each piece with letters of the passage, where they are. */
  const found = new Map<number, Mark[]>();
  for (const match of matches) {
    for (let i = 0; i < match.length; i++) {
      const at = match.page + i;
      const owner = owners[at];
      const { piece, text } = pieces[owner];
      const mark = { piece, start: letters.starts[at], end: letters.ends[at], isHit: isHit(match.passage + i) };
      // A passage that continues in another piece has all between them, such as a hyphen or a full stop.
      if (i > 0 && owners[at - 1] !== owner) mark.start = Math.min(mark.start, text.search(/\S/));
      if (i < match.length - 1 && owners[at + 1] !== owner) mark.end = Math.max(mark.end, text.trimEnd().length);
      const known = found.get(owner);
      if (known) known.push(mark);
      else found.set(owner, [mark]);
    }
  }
  const marks = new Map<number, Mark[]>();
  for (const [owner, letterMarks] of [...found].sort(([one], [other]) => one - other)) {
    const { page, text } = pieces[owner];
    marks.set(page, [...marks.get(page) ?? [], ...joined(letterMarks, text)]);
  }
  return marks;
}

/** The marks of single letters of a piece as few marks: with what is between letters that follow each other. */
function joined(letterMarks: Mark[], text: string): Mark[] {
  const sorted = letterMarks.sort((one, other) => one.start - other.start || one.end - other.end);
  const marks: Mark[] = [];
  for (const mark of sorted) {
    const last = marks.at(-1);
    const isNext = last !== undefined && !LETTER.test(text.slice(last.end, mark.start));
    if (isNext && last.isHit === mark.isHit) last.end = Math.max(last.end, mark.end);
    else {
      // Between a hit and the rest, the rest has the space.
      if (isNext && mark.isHit) last.end = mark.start;
      marks.push({ ...mark, start: isNext && !mark.isHit ? last.end : mark.start });
    }
  }
  return marks.filter(({ start, end }) => end > start);
}
