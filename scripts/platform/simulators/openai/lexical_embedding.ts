import { CONCEPTS } from "./concepts.ts";
import { rotate } from "./rotation.ts";
import { fold, isUnspaced, mayBeEnglish, pairsOf, runsOf, stem, toWord, type Word } from "./words.ts";
import { sensesOf } from "./wordnet.ts";

/** Size of text-embedding-3-small's vectors. */
export const DIMENSIONS = 1536;

const WORD_WEIGHT = 1;
const NEIGHBOURS_WEIGHT = 0.4;
const TRIGRAM_WEIGHT = 0.12;
const CONCEPT_WEIGHT = 0.9;
/** What is left of a word and its concept if texts of any subject have it. */
const EVERYDAY_SHARE = 0.4;
/** By how frequent the meaning is. */
const SENSE_WEIGHTS = [0.35, 0.25];

/** A feature by its hash, as one word has it. */
type Feature = readonly [hash: number, weight: number];

interface WordFeatures {
  /** Of the word itself, for its neighbours; 0 for one that says nothing. */
  hash: number;
  always: Feature[];
  /** What the word means if it is English. */
  english: Feature[];
}

/**
 * A deterministic stand-in for an embedding model: feature hashing of a text's words (pairs of characters where nothing
 * sets words apart), of neighbouring words and of character trigrams, so that texts that share words are near each
 * other. Of meaning it knows what WordNet says of English words, and a small lexicon of seven languages: synonyms and
 * translations of common words are nearer than any two words, but further than the same word. As a real model's, the
 * vectors have something in every dimension.
 *
 * @returns a vector of unit length
 */
export function embedText(text: string, dimensions = DIMENSIONS): number[] {
  const found = features(text);
  const vector: number[] = new Array(DIMENSIONS).fill(0);
  for (const [hash, { count, weight }] of found) {
    // The tenth occurrence of a word says less than the first.
    const sign = hash & 1 ? 1 : -1;
    vector[(hash >>> 1) % DIMENSIONS] += sign * (1 + Math.log(count)) * weight;
  }
  if (found.size === 0) {
    // A real model returns a direction for anything, punctuation included.
    vector[fnv1a(text) % DIMENSIONS] = 1;
  }
  return unitLength(rotate(vector).slice(0, dimensions));
}

function features(
  text: string,
): Map<number, { count: number; weight: number }> {
  const found = new Map<number, { count: number; weight: number }>();
  const add = ([hash, weight]: Feature) => {
    const known = found.get(hash);
    if (known) known.count++;
    else found.set(hash, { count: 1, weight });
  };
  const runs = runsOf(fold(text));
  const isEnglish = mayBeEnglish(runs);
  let previous = 0;
  for (const run of runs) {
    const { hash, always, english } = featuresOf(run);
    always.forEach(add);
    if (isEnglish) english.forEach(add);
    if (hash === 0) continue;
    if (previous !== 0) {
      add([mix(Math.imul(previous, 31) ^ hash), NEIGHBOURS_WEIGHT]);
    }
    previous = hash;
  }
  return found;
}

/** Of words seen before: texts of one subject have the same ones. */
const seen = new Map<string, WordFeatures>();
const MOST_SEEN = 50_000;

function featuresOf(run: string): WordFeatures {
  const known = seen.get(run);
  if (known) return known;
  const made = isUnspaced(run) ? unspacedFeatures(run) : spacedFeatures(run);
  if (seen.size >= MOST_SEEN) seen.clear();
  seen.set(run, made);
  return made;
}

function spacedFeatures(run: string): WordFeatures {
  const word = toWord(run);
  if (word.share < 1) {
    return { hash: 0, always: [wordFeature(word, word.share)], english: [] };
  }
  const concepts = conceptsOf(word.root, run);
  const isEveryday = concepts.length > 0 &&
    concepts.every((concept) => CONCEPTS[concept].isEveryday);
  const always = [wordFeature(word, isEveryday ? EVERYDAY_SHARE : 1)];
  const framed = `^${run}$`;
  for (let at = 0; at + 3 <= framed.length; at++) {
    always.push([fnv1a(`t:${framed.slice(at, at + 3)}`), TRIGRAM_WEIGHT]);
  }
  always.push(...concepts.map(conceptFeature));
  return {
    hash: fnv1a(word.root) || 1,
    always,
    english: sensesOf(run).map(({ id, rank }) => [
      fnv1a(`s:${id}`),
      SENSE_WEIGHTS[rank],
    ]),
  };
}

function unspacedFeatures(run: string): WordFeatures {
  return {
    hash: 0,
    always: [
      ...pairsOf(run).map((pair) => wordFeature(pair, pair.share)),
      ...conceptsWithin(run).map(conceptFeature),
    ],
    english: [],
  };
}

function wordFeature({ root }: Word, share: number): Feature {
  return [fnv1a(`w:${root}`), WORD_WEIGHT * share];
}

function conceptFeature(concept: number): Feature {
  const share = CONCEPTS[concept].isEveryday ? EVERYDAY_SHARE : 1;
  return [fnv1a(`c:${concept}`), CONCEPT_WEIGHT * share];
}

/** Concepts by the stems of their words; those of scripts without spaces as they are. */
const CONCEPTS_BY_WORD = new Map<string, number[]>();
/** Of a word in a script without spaces. */
let longestTerm = 0;

for (const [concept, { words }] of CONCEPTS.entries()) {
  for (const word of words) {
    for (const run of runsOf(fold(word))) {
      const key = isUnspaced(run) ? run : stem(run);
      if (isUnspaced(run)) longestTerm = Math.max(longestTerm, run.length);
      const known = CONCEPTS_BY_WORD.get(key);
      if (!known) CONCEPTS_BY_WORD.set(key, [concept]);
      else if (!known.includes(concept)) known.push(concept);
    }
  }
}

/** The word's own concepts, or those of the parts of a compound: `Kündigungsfrist` is a notice with a term. */
function conceptsOf(root: string, word: string): number[] {
  const own = CONCEPTS_BY_WORD.get(root);
  if (own) return own;
  if (word.length < 9 || /\d/.test(word)) return [];
  const parts = new Set<number>();
  for (let length = word.length - 4; length >= 5; length--) {
    const first = CONCEPTS_BY_WORD.get(stem(word.slice(0, length)));
    if (!first) continue;
    first.forEach((concept) => parts.add(concept));
    break;
  }
  for (let at = 4; at <= word.length - 4; at++) {
    const last = CONCEPTS_BY_WORD.get(stem(word.slice(at)));
    if (!last) continue;
    last.forEach((concept) => parts.add(concept));
    break;
  }
  return [...parts];
}

/** From left to right, the longest term at each place. */
function conceptsWithin(run: string): number[] {
  const found: number[] = [];
  for (let at = 0; at < run.length;) {
    let length = Math.min(longestTerm, run.length - at);
    while (length > 0 && !CONCEPTS_BY_WORD.has(run.slice(at, at + length))) {
      length--;
    }
    found.push(...CONCEPTS_BY_WORD.get(run.slice(at, at + length)) ?? []);
    at += Math.max(1, length);
  }
  return found;
}

/** FNV-1a, 32 bits, over UTF-16 units. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return mix(hash);
}

/** So that the low bits are even too. */
function mix(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (mixed ^ (mixed >>> 13)) >>> 0;
}

function unitLength(vector: number[]): number[] {
  const length = Math.hypot(...vector);
  if (length === 0) return vector.map((_, at) => (at === 0 ? 1 : 0));
  return vector.map((value) => value / length);
}
