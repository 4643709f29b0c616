import type { Segment } from "./text_segments.ts";

/** The sizes that a document uses: its body text's, and the larger ones of its headings, largest first. */
export interface TextSizes {
  body: number;
  /** The body text itself is bold, so that being bold marks nothing. */
  boldBody: boolean;
  headings: number[];
}

/** A larger heading differs from body text by its size alone … */
const CLEARLY_LARGER = 1.25;
/** … and a slightly larger one only if it is bold too. */
const SLIGHTLY_LARGER = 1.08;
const LONGEST_HEADING = 160;

/** Section numbers: `1`, `2.3`, `4.1.2`, each with or without a last dot, then a word. */
const SECTION_NUMBER = /^(\d{1,2}(?:\.\d{1,2}){0,3})\.?\s+\p{L}/u;

/** Captions are often bold, but head nothing. */
const CAPTION = /^(fig(ure|\.)?|table|listing|algorithm)\s*\d/i;

export function measureSizes(segments: Segment[]): TextSizes {
  const charactersBySize = new Map<number, number>();
  let boldness = 0;
  for (const segment of segments) {
    const size = rounded(segment.size);
    const before = charactersBySize.get(size) ?? 0;
    charactersBySize.set(size, before + segment.text.length);
    boldness += segment.text.length * (segment.bold ? 1 : -1);
  }
  const body = [...charactersBySize].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 10;
  const headings = new Set(
    segments.filter((s) => isLarger(s, body)).map((s) => rounded(s.size)),
  );
  return {
    body,
    boldBody: boldness > 0,
    headings: distinct([...headings].sort((a, b) => b - a)),
  };
}

/**
 * The level (1 is the title) if this line is a heading, else null. Levels follow the sizes; a section number says it
 * more exactly; bold text of the body's size stands below all of them.
 */
export function headingLevel(
  line: Segment,
  sizes: TextSizes,
  standsAlone: boolean,
): number | null {
  const { text } = line;
  const bold = line.bold && !sizes.boldBody;
  if (text.length > LONGEST_HEADING || !/\p{L}/u.test(text)) return null;
  if (text.length < 3 || /[,;]$/.test(text) || CAPTION.test(text)) return null;
  const numbered = SECTION_NUMBER.exec(text);
  const larger = isLarger(line, sizes.body);
  const numberedHeading = numbered !== null && bold && text.length < 100;
  const boldAlone = standsAlone && bold && text.length < 80 &&
    !/[.:!?](\s|$)/.test(text) && line.size >= sizes.body * 0.95;
  if (!larger && !numberedHeading && !boldAlone) return null;
  if (numbered && sizes.headings.length > 0 && !isTitle(line, sizes)) {
    return Math.min(1 + numbered[1].split(".").length, 6);
  }
  if (!larger) return Math.min(sizes.headings.length + 1, 6);
  const at = sizes.headings.findIndex((size) => line.size >= size - SAME_SIZE_POINTS);
  return Math.min(at < 0 ? sizes.headings.length : at + 1, 6);
}

function isTitle(line: Segment, sizes: TextSizes): boolean {
  return sizes.headings.length > 1 &&
    line.size >= sizes.headings[0] - SAME_SIZE_POINTS;
}

function isLarger(segment: Segment, body: number): boolean {
  const ratio = rounded(segment.size) / body;
  return ratio >= CLEARLY_LARGER || (segment.bold && ratio >= SLIGHTLY_LARGER);
}

const SAME_SIZE_POINTS = 0.6;

/** Sizes, largest first, without those that differ too little to be seen. */
function distinct(sizes: number[]): number[] {
  const kept: number[] = [];
  for (const size of sizes) {
    const last = kept.at(-1);
    if (last === undefined || last - size > SAME_SIZE_POINTS) kept.push(size);
  }
  return kept;
}

function rounded(size: number): number {
  return Math.round(size * 4) / 4;
}
