/** Size of text-embedding-3-small's vectors. */
export const DIMENSIONS = 1536;

const WORD_WEIGHT = 1;
const PAIR_WEIGHT = 0.4;
const TRIGRAM_WEIGHT = 0.12;
/** What is left of a word that every text has. */
const STOP_WORD_SHARE = 0.08;

const STOP_WORDS = new Set(
  `a about after all also am an and any are as at be been before being but by can could did do does
  doing for from had has have having he her here him his how i if in into is it its just may me more
  most must my no not of on one only or other our out over own same she should so some such than that
  the their them then there these they this those to too under until up us very was we were what when
  where which while who whom why will with would you your`.split(/\s+/),
);

/**
 * A deterministic stand-in for an embedding model: feature hashing of a text's words, pairs of
 * neighbouring words and character trigrams. Texts that share words (or parts of words) are near
 * each other; it knows nothing of meaning, so synonyms are as far apart as any two words.
 *
 * @returns a vector of unit length; all zeros only for a text without a letter or digit
 */
export function embedText(text: string, dimensions = DIMENSIONS): number[] {
  const weights = new Map<string, number>();
  for (const [feature, { count, weight }] of features(text)) {
    // The tenth occurrence of a word says less than the first.
    weights.set(feature, (1 + Math.log(count)) * weight);
  }
  const vector: number[] = new Array(DIMENSIONS).fill(0);
  for (const [feature, weight] of weights) {
    const hash = fnv1a(feature);
    const sign = hash & 1 ? 1 : -1;
    vector[(hash >>> 1) % DIMENSIONS] += sign * weight;
  }
  if (weights.size === 0) {
    // A real model returns a direction for anything, punctuation included.
    vector[fnv1a(text) % DIMENSIONS] = 1;
  }
  return unitLength(vector.slice(0, dimensions));
}

interface Feature {
  count: number;
  weight: number;
}

function features(text: string): Map<string, Feature> {
  const found = new Map<string, Feature>();
  const add = (name: string, weight: number) => {
    const known = found.get(name);
    if (known) known.count++;
    else found.set(name, { count: 1, weight });
  };
  const words = text.toLowerCase().normalize("NFKC").match(/[\p{L}\p{N}]+/gu) ??
    [];
  let previous: string | undefined;
  for (const word of words) {
    if (STOP_WORDS.has(word)) {
      add(`w:${word}`, WORD_WEIGHT * STOP_WORD_SHARE);
      continue;
    }
    const root = stem(word);
    add(`w:${root}`, WORD_WEIGHT);
    if (previous) add(`p:${previous} ${root}`, PAIR_WEIGHT);
    previous = root;
    const framed = `^${word}$`;
    for (let at = 0; at + 3 <= framed.length; at++) {
      add(`t:${framed.slice(at, at + 3)}`, TRIGRAM_WEIGHT);
    }
  }
  return found;
}

/** Longest first, each with what it leaves behind. */
const ENDINGS: [string, string][] = [
  ["ations", "at"],
  ["ation", "at"],
  ["ments", ""],
  ["ment", ""],
  ["ings", ""],
  ["ness", ""],
  ["ing", ""],
  ["ies", "y"],
  ["ied", "y"],
  ["ely", ""],
  ["ed", ""],
  ["er", ""],
  ["es", ""],
  ["ly", ""],
  ["s", ""],
  ["e", ""],
];

/** Takes off an English word's usual endings, so that "renewed" and "renewing" are one word. */
export function stem(word: string): string {
  if (word.length < 4 || /\d/.test(word)) return word;
  for (const [ending, rest] of ENDINGS) {
    if (!word.endsWith(ending) || word.endsWith("ss")) continue;
    const root = word.slice(0, word.length - ending.length) + rest;
    if (root.length < 3) continue;
    return root.replace(/([bdgklmnprt])\1$/, "$1");
  }
  return word;
}

/** FNV-1a, 32 bits, over UTF-16 units, with a final mix so that its low bits are even too. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}

function unitLength(vector: number[]): number[] {
  const length = Math.hypot(...vector);
  if (length === 0) return vector.map((_, at) => (at === 0 ? 1 : 0));
  return vector.map((value) => value / length);
}
