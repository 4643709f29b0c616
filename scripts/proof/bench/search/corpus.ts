import { below, type Chance, chanceOf, gaussian, oneOf, shuffled } from "./chance.ts";
import { anyRank, code, FIRST_CONTENT_RANK, spelling, topicRank } from "./words.ts";

/** The chunks of a tenant in each class. */
export const CLASSES = [100_000, 20_000, 5_000, 1_000, 100, 5] as const;

/** Topics that tenants share. */
export const TOPICS = 300;
/** Vectors for documents, one each: a document's subject within its topic. */
export const DOCUMENT_VECTORS = 1_000;
/** Vectors for chunks, three each. */
export const CHUNK_VECTORS = 2_000;

export interface Tenant {
  no: number;
  chunks: number;
  topics: number[];
  documents: Document[];
}

export interface Document {
  no: number;
  tenant: number;
  /** The number of chunks; everything else follows. */
  firstChunk: number;
  chunks: number;
  topic: number;
  vector: number;
}

/** The parameters of a chunk, which follow from its number. */
export interface ChunkSeed {
  no: number;
  ord: number;
  document: Document;
  /** Usually its document's topic, sometimes another one of its tenant's. */
  topic: number;
  vectors: [number, number, number];
}

/**
 * The chunks of each tenant, largest first. Each class, from the largest that is at most half of all chunks, gets two
 * fifths of what larger classes left; that of 100 gets 98 % of the rest, and tenants of 5 the remainder.
 */
export function tenantSizes(chunks: number): number[] {
  const sizes: number[] = [];
  let left = chunks;
  for (const size of CLASSES) {
    if (size > chunks / 2 || size > left) continue;
    const share = size > 100 ? 0.4 : size > 5 ? 0.98 : 1;
    const count = Math.max(1, Math.floor(share * left / size));
    for (let i = 0; i < count; i++) sizes.push(size);
    left -= count * size;
  }
  if (left > 0) sizes.push(left);
  return sizes;
}

/** The tenants with their documents, which have a median of 34 chunks and at most 600. */
export function makeTenants(chunks: number): Tenant[] {
  let documentNo = 0;
  let chunkNo = 0;
  return tenantSizes(chunks).map((size, no) => {
    const chance = chanceOf(1, no);
    const topics = shuffled(chance, Array.from({ length: TOPICS }, (_, i) => i))
      .slice(0, topicCount(size));
    const documents: Document[] = [];
    for (let left = size; left > 0;) {
      const wanted = Math.round(34 * Math.exp(gaussian(chance)));
      const count = Math.min(left, Math.max(1, Math.min(600, wanted)));
      documents.push({
        no: documentNo++,
        tenant: no,
        firstChunk: chunkNo,
        chunks: count,
        topic: oneOf(chance, topics),
        vector: below(chance, DOCUMENT_VECTORS),
      });
      chunkNo += count;
      left -= count;
    }
    return { no, chunks: size, topics, documents };
  });
}

/** One topic for tenants with 5 chunks, 11 for those with 100,000. */
export function topicCount(chunks: number): number {
  return Math.max(1, Math.round(2.3 * (Math.log10(chunks) - 0.3)));
}

export function chunkSeed(
  tenant: Tenant,
  document: Document,
  ord: number,
): ChunkSeed {
  const no = document.firstChunk + ord;
  const chance = chanceOf(2, no);
  return {
    no,
    ord,
    document,
    topic: chance() < 0.9 ? document.topic : oneOf(chance, tenant.topics),
    vectors: [
      below(chance, CHUNK_VECTORS),
      below(chance, CHUNK_VECTORS),
      below(chance, CHUNK_VECTORS),
    ],
  };
}

export interface ChunkWords {
  text: string;
  /** Some of the text's words of each kind, for questions. */
  topical: string[];
  rare: string[];
}

/**
 * About 250 words in sentences. Of the content words, four in ten are from the topic's own vocabulary, one in fifty is
 * a code, and the others are distributed as in any text.
 */
export function chunkWords(seed: ChunkSeed): ChunkWords {
  const chance = chanceOf(3, seed.no);
  const count = Math.max(40, Math.round(250 + 50 * gaussian(chance)));
  const topical: string[] = [];
  const rare: string[] = [];
  let text = "";
  let toEnd = 0;
  for (let i = 0; i < count; i++) {
    const begins = toEnd === 0;
    if (begins) toEnd = 6 + below(chance, 16);
    const rank = anyRank(chance);
    const kind = rank < FIRST_CONTENT_RANK ? 1 : chance();
    let word: string;
    if (kind < 0.02) {
      rare.push(word = code(chance));
    } else if (kind < 0.42) {
      topical.push(word = spelling(topicRank(chance, seed.topic)));
    } else {
      word = spelling(rank);
      if (rank > 100_000) rare.push(word);
    }
    toEnd--;
    text += (i > 0 ? " " : "") +
      (begins ? word[0].toUpperCase() + word.slice(1) : word) +
      (toEnd === 0 || i === count - 1 ? "." : "");
  }
  if (rare.length === 0) {
    const word = code(chance);
    rare.push(word);
    text += ` ${word}.`;
  }
  return { text, topical, rare };
}

/** A document's title, or a heading, in words of its topic. */
export function titleOf(topic: number, no: number): string {
  const chance = chanceOf(4, topic, no);
  return Array.from(
    { length: 2 + below(chance, 3) },
    () => spelling(topicRank(chance, topic)),
  ).join(" ");
}

/** Words that each occur in one chunk in six, independent of topics. */
export function commonWords(chance: Chance, count: number): string[] {
  return Array.from(
    { length: count },
    () => spelling(FIRST_CONTENT_RANK + below(chance, 60)),
  );
}
