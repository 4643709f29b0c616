import type { Run } from "./readable.ts";

export interface Piece {
  text: string;
  isMarked: boolean;
}

interface Range {
  start: number;
  end: number;
}

/**
 * A run in pieces that are within a highlight, or in none. What stands for more or fewer characters than it has, such as
 * an entity, stays whole.
 */
export function highlighted({ text, start, end }: Run, highlights: readonly Range[]): Piece[] {
  const pieces: Piece[] = [];
  const push = (text: string, isMarked: boolean) => {
    const last = pieces.at(-1);
    if (last?.isMarked === isMarked) last.text += text;
    else if (text !== "") pieces.push({ text, isMarked });
  };
  if (text.length !== end - start) {
    push(text, highlights.some((range) => range.start < end && range.end > start));
    return pieces;
  }
  let at = start;
  for (const range of [...highlights].sort((one, other) => one.start - other.start)) {
    const from = Math.max(at, range.start);
    const to = Math.min(end, range.end);
    if (to <= from) continue;
    push(text.slice(at - start, from - start), false);
    push(text.slice(from - start, to - start), true);
    at = to;
  }
  push(text.slice(at - start), false);
  return pieces;
}
