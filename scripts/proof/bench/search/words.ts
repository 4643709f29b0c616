import { below, type Chance, chanceOf, mix, oneOf } from "./chance.ts";

/**
 * The most frequent words in order of frequency: stop words, which English indexing ignores. They are four words in
 * ten, as in real text.
 */
const FUNCTION_WORDS =
  ("the of and to in a is that for it as was with be by on not he his but at are this have from or had an they which you were " +
    "her she there been their we him has when who will no if so what up its about into")
    .split(" ");

/** The last rank of the common vocabulary; frequencies of rarer words fall more steeply, without an end. */
const CORE = 8_000;
/** The exponent of rare words: with 1.7 a text of n words has about n^0.6 different ones (Heaps' law). */
const TAIL_EXPONENT = 1.7;
const CORE_MASS = Math.log(CORE + 1);
const TAIL_MASS = 1 / (TAIL_EXPONENT - 1);
/** Ranks are limited to those that a 32-bit hash distinguishes. */
const LAST_RANK = 2 ** 31 - 1;

/** The number of words in a topic's own vocabulary, which are neither the commonest nor rare. */
const TOPIC_WORDS = 1_500;
const TOPIC_WORDS_FROM = 300;
const TOPIC_WORDS_TO = 40_000;

/** The first rank that is not a function word. */
export const FIRST_CONTENT_RANK = FUNCTION_WORDS.length;

/**
 * The rank of a word of running text, from 0: Zipf's law with exponent 1 up to rank 8,000 and 1.7 beyond, as in counts
 * over large collections.
 */
export function anyRank(chance: Chance): number {
  if (chance() * (CORE_MASS + TAIL_MASS) < CORE_MASS) {
    return Math.floor(Math.exp(chance() * CORE_MASS)) - 1;
  }
  return rareRank(chance);
}

/** The rank of a rare word. */
export function rareRank(chance: Chance): number {
  const rank = CORE * (1 - chance()) ** (-1 / (TAIL_EXPONENT - 1));
  return Math.min(LAST_RANK, Math.floor(rank));
}

/** The rank of a word of a topic's own vocabulary, which is distributed like that of all text. */
export function topicRank(chance: Chance, topic: number): number {
  const place = Math.floor(Math.exp(chance() * Math.log(TOPIC_WORDS + 1))) - 1;
  const hash = mix(mix(topic + 1) ^ place) >>> 0;
  return TOPIC_WORDS_FROM + hash % (TOPIC_WORDS_TO - TOPIC_WORDS_FROM);
}

const CONSONANTS = [..."bcdfghjklmnprtvz"];
const VOWELS = [..."aeiou"];
const known: string[] = [];

/** The spelling of a rank's word: a function word, or alternating consonants and vowels. */
export function spelling(rank: number): string {
  if (rank < FUNCTION_WORDS.length) return FUNCTION_WORDS[rank];
  if (rank > 200_000) return spell(rank);
  return known[rank] ??= spell(rank);
}

/**
 * Word lengths in letters, as often as they appear here: about those of English stems. Rare words are longer. Most
 * spellings are unused, so that a typing error seldom makes another word.
 */
const LENGTHS = [4, 5, 5, 5, 6, 6, 6, 7, 7, 8];
const RARE_LENGTHS = [6, 7, 7, 8, 8, 9, 9, 10, 11];
const RARE_FROM = 20_000;

function spell(rank: number): string {
  const chance = chanceOf(7, rank);
  const length = oneOf(chance, rank < RARE_FROM ? LENGTHS : RARE_LENGTHS);
  let word = "";
  for (let i = 0; i < length; i++) {
    word += oneOf(chance, i % 2 === 0 ? CONSONANTS : VOWELS);
  }
  return word;
}

/** A code as in invoices, parts lists and statutes: `KR-20481`. */
export function code(chance: Chance): string {
  const letter = () => String.fromCharCode(65 + below(chance, 26));
  return `${letter()}${letter()}-${10_000 + below(chance, 90_000)}`;
}

/** A word with one letter exchanged; the first letter stays. */
export function misspelt(chance: Chance, word: string): string {
  const at = 1 + below(chance, word.length - 1);
  const letters = "abcdefghijklmnopqrstuvwxyz".replace(word[at], "");
  return word.slice(0, at) + letters[below(chance, letters.length)] +
    word.slice(at + 1);
}
