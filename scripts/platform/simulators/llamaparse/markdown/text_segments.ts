import type { Matrix } from "./geometry.ts";

/** A piece of text as the file places it. */
export interface Piece {
  text: string;
  place: Matrix;
  width: number;
  bold: boolean;
}

/** One piece of text as the page shows it; coordinates in points from the page's top left corner. */
export interface Glyphs {
  text: string;
  x: number;
  /** Of the baseline; grows downwards. */
  y: number;
  width: number;
  size: number;
  bold: boolean;
}

/** A stretch of text on one line without a wide gap in it. */
export interface Segment {
  text: string;
  x: number;
  right: number;
  y: number;
  /** Size of most of its characters. */
  size: number;
  bold: boolean;
  /** It is read from right to left. */
  rtl: boolean;
}

/** Widest gap within a line's text, in ems; what is further apart is another column or cell. */
const WIDEST_GAP_EMS = 1;
/** Narrowest gap that stands for a space, in ems. */
const SPACE_EMS = 0.15;

/** A font that does not say which characters it draws comes out as private ones, or as none. */
const READABLE = /[^\s\p{Cc}\p{Co}\ufffd]/u;

/** Narrowest gap that stands for a space between characters that are written without any, in ems. */
const CJK_SPACE_EMS = 0.6;

/** Letters of Hebrew, Arabic and the other scripts that are written from right to left. */
const RTL_LETTER = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]/g;
/** Scripts without spaces between words, and their punctuation. */
const CJK = "[\\p{sc=Han}\\p{sc=Hira}\\p{sc=Kana}\\u3000-\\u303f\\uff00-\\uffef]";
const ENDS_IN_CJK = new RegExp(`${CJK}$`, "u");
const BEGINS_IN_CJK = new RegExp(`^${CJK}`, "u");

interface Run {
  parts: Glyphs[];
  left: number;
  right: number;
}

/**
 * Joins the page's pieces of text to segments. First in the order in which the page draws them, which keeps
 * neighbouring columns and raised marks apart; then pieces that were drawn at another time but stand on the same line.
 */
export function joinSegments(glyphs: Glyphs[]): Segment[] {
  const runs: Run[] = [];
  for (const piece of glyphs) {
    if (!READABLE.test(piece.text)) continue;
    const right = piece.x + piece.width;
    const last = runs.at(-1);
    if (last && continues(last, piece)) {
      last.parts.push(piece);
      last.left = Math.min(last.left, piece.x);
      last.right = Math.max(last.right, right);
    } else {
      runs.push({ parts: [piece], left: piece.x, right });
    }
  }
  return mergeNeighbours(runs.map(toSegment));
}

/** Whether a text is read from right to left: most of its letters are of such a script. */
export function isRightToLeft(text: string): boolean {
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  return (text.match(RTL_LETTER)?.length ?? 0) > letters / 2;
}

/** What stands between two texts of one line, or of one paragraph. */
export function spaceBetween(before: string, after: string): string {
  return ENDS_IN_CJK.test(before) && BEGINS_IN_CJK.test(after) ? "" : " ";
}

function continues(run: Run, piece: Glyphs): boolean {
  const last = run.parts.at(-1)!;
  const size = Math.max(last.size, piece.size);
  const gap = isRightToLeft(last.text) && isRightToLeft(piece.text)
    ? run.left - (piece.x + piece.width)
    : piece.x - run.right;
  // Raised and lowered marks belong to their line, and are smaller than it.
  const drift = last.size === piece.size ? 0.2 : 0.55;
  return Math.abs(piece.y - last.y) <= drift * size &&
    gap >= -0.5 * size && gap <= WIDEST_GAP_EMS * size;
}

function toSegment(run: Run): Segment {
  let text = "";
  let before: Glyphs | undefined;
  const weightBySize = new Map<number, number>();
  let boldLength = 0;
  for (const part of run.parts) {
    if (before && !/\s$/.test(text) && isSpace(before, part, text)) {
      text += " ";
    }
    text += part.text;
    before = part;
    const length = part.text.trim().length;
    weightBySize.set(part.size, (weightBySize.get(part.size) ?? 0) + length);
    if (part.bold) boldLength += length;
  }
  const size = [...weightBySize].sort((a, b) => b[1] - a[1])[0][0];
  const base = run.parts.find((part) => part.size === size)!;
  const length = run.parts.reduce((sum, p) => sum + p.text.trim().length, 0);
  return {
    text: text.replace(/\s+/g, " ").trim(),
    x: run.left,
    right: run.right,
    y: base.y,
    size,
    bold: boldLength > length * 0.6,
    rtl: isRightToLeft(text),
  };
}

/** Whether the gap between two pieces is that between two words. */
function isSpace(before: Glyphs, after: Glyphs, text: string): boolean {
  const gap = Math.max(
    after.x - (before.x + before.width),
    before.x - (after.x + after.width),
  );
  const least = spaceBetween(text, after.text) ? SPACE_EMS : CJK_SPACE_EMS;
  return gap > least * after.size;
}

function mergeNeighbours(segments: Segment[]): Segment[] {
  const merged: Segment[] = [];
  for (const segment of segments) {
    const neighbour = merged.find((other) => {
      const size = Math.max(other.size, segment.size);
      const gap = other.rtl || segment.rtl
        ? Math.max(segment.x - other.right, other.x - segment.right)
        : segment.x - other.right;
      return Math.abs(other.y - segment.y) < 0.2 * size &&
        gap > -0.2 * size && gap <= 0.6 * size;
    });
    if (!neighbour) {
      merged.push(segment);
      continue;
    }
    neighbour.rtl ||= segment.rtl;
    neighbour.text = inReadingOrder([{ ...neighbour }, segment]);
    neighbour.x = Math.min(neighbour.x, segment.x);
    neighbour.right = Math.max(neighbour.right, segment.right);
    neighbour.bold &&= segment.bold;
  }
  return merged;
}

/** The text of segments on one line, from the side where its reading begins. */
export function inReadingOrder(segments: Segment[]): string {
  const rtl = segments.some((segment) => segment.rtl) &&
    isRightToLeft(segments.map(({ text }) => text).join(""));
  const sorted = [...segments].sort((a, b) => rtl ? b.x - a.x : a.x - b.x);
  return sorted.map(({ text }) => text).reduce((line, text) => line + spaceBetween(line, text) + text);
}
