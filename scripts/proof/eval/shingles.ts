/** Letters in a row that are compared: fewer in scripts in which a letter is a syllable or a word. */
const LENGTHS: Record<string, number> = { ja: 6, zh: 6 };
const LENGTH = 12;

/**
 * Every so many letters or digits in a row that a text has, whatever is between them: what it has in common with another text of
 * the language, though one of them was laid out and read back.
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
