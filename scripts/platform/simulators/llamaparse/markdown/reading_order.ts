import type { Segment } from "./text_segments.ts";

/** Part of a page that is read from top to bottom before the next one: a column, or a full-width band. */
export interface Flow {
  segments: Segment[];
  left: number;
  right: number;
}

/**
 * Where the space between two columns of text is, or null for a page of one column. A table also leaves gaps, but its
 * cells do not fill their columns as lines of prose do.
 */
export function findGutter(segments: Segment[]): number | null {
  if (segments.length < 20) return null;
  const left = Math.min(...segments.map((s) => s.x));
  const right = Math.max(...segments.map((s) => s.right));
  const width = right - left;
  let best: { x: number; crossing: number } | null = null;
  for (let x = left + width * 0.15; x <= left + width * 0.85; x += 2) {
    const before = segments.filter((s) => s.right <= x + 1);
    const after = segments.filter((s) => s.x >= x - 1);
    const crossing = segments.length - before.length - after.length;
    if (before.length < 8 || after.length < 8) continue;
    if (crossing > 0.35 * segments.length) continue;
    if (!fills(before, left, x) || !fills(after, x, right)) continue;
    if (!best || crossing < best.crossing) best = { x, crossing };
  }
  return best ? best.x : null;
}

function fills(segments: Segment[], left: number, right: number): boolean {
  const widths = segments.map((s) => s.right - s.x).sort((a, b) => a - b);
  return widths[Math.floor(widths.length / 2)] > 0.6 * (right - left);
}

/** The gutter that most pages of a document share, for pages whose figures hide it; null if they share none. */
export function commonGutter(perPage: (number | null)[]): number | null {
  const found = perPage.filter((x) => x !== null).sort((a, b) => a - b);
  if (found.length === 0 || found.length < perPage.length / 2) return null;
  return found[Math.floor(found.length / 2)];
}

/**
 * Puts a page's segments in reading order. Segments that cross the gutter (titles, wide figures) cut the page into
 * bands; in each band the left column is read before the right one.
 */
export function readingOrder(
  segments: Segment[],
  gutter: number | null,
): Flow[] {
  const sorted = [...segments].sort((a, b) => a.y - b.y || a.x - b.x);
  if (gutter === null) return [toFlow(sorted)].filter(isNotEmpty);
  const flows: Flow[] = [];
  let wide: Segment[] = [];
  let left: Segment[] = [];
  let right: Segment[] = [];
  const endBand = () => {
    flows.push(toFlow(left), toFlow(right));
    left = [];
    right = [];
  };
  for (const segment of sorted) {
    if (crosses(segment, sorted, gutter)) {
      if (left.length + right.length > 0) endBand();
      wide.push(segment);
      continue;
    }
    if (wide.length > 0) {
      flows.push(toFlow(wide));
      wide = [];
    }
    (segment.x < gutter ? left : right).push(segment);
  }
  if (wide.length > 0) flows.push(toFlow(wide));
  endBand();
  return flows.filter(isNotEmpty);
}

/** A segment spans both columns if it, or the line that it stands on, runs across the gutter. */
function crosses(segment: Segment, all: Segment[], gutter: number): boolean {
  const over = (s: Segment) => s.x < gutter - 4 && s.right > gutter + 4;
  if (over(segment)) return true;
  return all.some((other) =>
    other !== segment && over(other) &&
    Math.abs(other.y - segment.y) < 0.3 * segment.size
  );
}

function toFlow(segments: Segment[]): Flow {
  return {
    segments,
    left: Math.min(...segments.map((s) => s.x)),
    right: Math.max(...segments.map((s) => s.right)),
  };
}

function isNotEmpty(flow: Flow): boolean {
  return flow.segments.length > 0;
}
