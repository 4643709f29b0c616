import type { Segment } from "./text_segments.ts";

/** A word that ends a sentence; numbers and initials have their points elsewhere too. */
const SENTENCE_END = /\p{L}{2}[.!?؟۔]["'»”)\]]*$/u;

/**
 * Puts the words of lines in order that are to be read from right to left. Programs that know nothing of such scripts
 * place word after word from the left, each with its letters turned round, so that a line read from the right begins
 * with its last word. The ends of sentences decide: a line neither begins with a word that ends one nor, if it is the
 * last, ends with one that does not. A program does so with all its text of a size.
 *
 * @param pages all segments of a document, which are changed
 */
export function orderRightToLeft(pages: Segment[][]): void {
  const lines = pages.flat().filter(({ rtl }) => rtl);
  const votes = new Map<number, number>();
  for (const { size, text } of lines) {
    votes.set(size, (votes.get(size) ?? 0) + turnedness(text));
  }
  for (const line of lines) {
    if (votes.get(line.size)! > 0) line.text = turned(line.text);
  }
}

/** 1 if the line seems to begin with its last word, -1 if it seems to end with it, 0 if neither. */
function turnedness(text: string): number {
  const words = wordsOf(text);
  if (words.length < 2) return 0;
  const first = SENTENCE_END.test(words[0]);
  const last = SENTENCE_END.test(words.at(-1)!);
  return Number(first && !last) - Number(last && !first);
}

function turned(text: string): string {
  return wordsOf(text).reverse().join(" ");
}

/** Such a program also loses the space behind a sentence, which then runs into the next word. */
function wordsOf(text: string): string[] {
  return text.split(/\s+|(?<=\p{L}[.!?؟۔])(?=\p{L}{2})/u);
}
