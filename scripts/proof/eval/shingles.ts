/** The number of consecutive letters: fewer in scripts whose letters are syllables or words. */
const LENGTHS: Record<string, number> = { ja: 6, zh: 6 };
const LENGTH = 12;

/**
 * All runs of this many consecutive letters or digits in a text, ignoring everything between them, so that they survive
 * layout and extraction.
 */
export function shinglesOf(text: string, language: string): Set<string> {
  const length = LENGTHS[language] ?? LENGTH;
  const letters = text.normalize("NFKC").toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "");
  const found = new Set<string>();
  for (let at = 0; at + length <= letters.length; at++) {
    found.add(letters.slice(at, at + length));
  }
  return found;
}

/** The share of a text's shingles that another text has, 0 to 1. */
export function shareOf(text: Set<string>, other: Set<string>): number {
  if (text.size === 0) return 0;
  let common = 0;
  for (const shingle of text) if (other.has(shingle)) common++;
  return common / text.size;
}
