import type { Random } from "../../../dev/seeded_random.ts";

const PIECES = 3;
const WORDS = "the library lends tools and books to its members for a fee that is paid every year and returned on time"
  .split(" ");

/** The chunks of a document: a few paragraphs of its own. */
export function piecesOf(documentId: string) {
  return Array.from({ length: PIECES }, (_, ord) => ({
    ord,
    page_from: 1,
    page_to: 1,
    page_offsets: [0],
    heading_path: ["Soak"],
    text: `${documentId} ${ord}: ${WORDS.concat(WORDS, WORDS, WORDS).join(" ")}.`,
    tokens: 100,
  }));
}

/** A vector of 1536 numbers in pgvector's format, along two axes, which is cheap to make and to send. */
export function unitVector(random: Random): string {
  const numbers = new Array(1536).fill(0);
  const angle = random.next() * 2 * Math.PI;
  numbers[Math.floor(random.next() * 768)] = Math.cos(angle).toFixed(4);
  numbers[768 + Math.floor(random.next() * 768)] = Math.sin(angle).toFixed(4);
  return `[${numbers.join(",")}]`;
}
