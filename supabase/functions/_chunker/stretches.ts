import type { Block } from "./blocks.ts";
import { type Slice, slicePassage } from "./passage_slices.ts";
import type { Passage } from "./sections.ts";

/**
 * UTF-16 units of a stretch, approximately. Chunking one takes 2–40 ms; a stretch is the smallest portion, and the same
 * whatever the portions.
 */
const LENGTH = 16_384;

/** The document's passages in stretches that depend only on the document. */
export function stretchesOf(passages: Passage[]): Slice[][] {
  const stretches: Slice[][] = [];
  let length = Infinity;
  for (const passage of passages) {
    for (const slice of slicePassage(passage, LENGTH)) {
      const sliceLength = lengthOf(slice.blocks);
      if (length + sliceLength > LENGTH) {
        stretches.push([]);
        length = 0;
      }
      stretches.at(-1)!.push(slice);
      length += sliceLength;
    }
  }
  return stretches;
}

export function lengthOf(blocks: Block[]): number {
  return blocks.reduce((sum, { text }) => sum + text.length, 0);
}
