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
}

/** Widest gap within a line's text, in ems; what is further apart is another column or cell. */
const WIDEST_GAP_EMS = 1;
/** Narrowest gap that stands for a space, in ems. */
const SPACE_EMS = 0.15;

interface Run {
  parts: Glyphs[];
  right: number;
}

/**
 * Joins the page's pieces of text to segments. First in the order in which the page draws them,
 * which keeps neighbouring columns and raised marks apart; then pieces that were drawn at another
 * time but stand on the same line.
 */
export function joinSegments(glyphs: Glyphs[]): Segment[] {
  const runs: Run[] = [];
  for (const piece of glyphs) {
    if (piece.text.trim() === "") continue;
    const last = runs.at(-1);
    if (last && continues(last, piece)) {
      last.parts.push(piece);
      last.right = Math.max(last.right, piece.x + piece.width);
    } else {
      runs.push({ parts: [piece], right: piece.x + piece.width });
    }
  }
  return mergeNeighbours(runs.map(toSegment));
}

function continues(run: Run, piece: Glyphs): boolean {
  const last = run.parts.at(-1)!;
  const size = Math.max(last.size, piece.size);
  const gap = piece.x - run.right;
  // Raised and lowered marks belong to their line, and are smaller than it.
  const drift = last.size === piece.size ? 0.2 : 0.55;
  return Math.abs(piece.y - last.y) <= drift * size &&
    gap >= -0.5 * size && gap <= WIDEST_GAP_EMS * size;
}

function toSegment(run: Run): Segment {
  let text = "";
  let right = run.parts[0].x;
  const weightBySize = new Map<number, number>();
  let boldLength = 0;
  for (const part of run.parts) {
    const gap = part.x - right;
    if (text && gap > SPACE_EMS * part.size && !/\s$/.test(text)) text += " ";
    text += part.text;
    right = part.x + part.width;
    const length = part.text.trim().length;
    weightBySize.set(part.size, (weightBySize.get(part.size) ?? 0) + length);
    if (part.bold) boldLength += length;
  }
  const size = [...weightBySize].sort((a, b) => b[1] - a[1])[0][0];
  const base = run.parts.find((part) => part.size === size)!;
  const length = run.parts.reduce((sum, p) => sum + p.text.trim().length, 0);
  return {
    text: text.replace(/\s+/g, " ").trim(),
    x: run.parts[0].x,
    right: run.right,
    y: base.y,
    size,
    bold: boldLength > length * 0.6,
  };
}

function mergeNeighbours(segments: Segment[]): Segment[] {
  const merged: Segment[] = [];
  for (const segment of segments) {
    const neighbour = merged.find((other) => {
      const size = Math.max(other.size, segment.size);
      const gap = segment.x - other.right;
      return Math.abs(other.y - segment.y) < 0.2 * size &&
        gap > -0.2 * size && gap <= 0.6 * size;
    });
    if (!neighbour) {
      merged.push(segment);
      continue;
    }
    neighbour.text += " " + segment.text;
    neighbour.right = segment.right;
    neighbour.bold &&= segment.bold;
  }
  return merged;
}
