import type postgres from "postgres";
import { type Chance, gaussian } from "./chance.ts";
import { CHUNK_VECTORS, type ChunkSeed, DOCUMENT_VECTORS, TOPICS } from "./corpus.ts";

export const DIMENSIONS = 1536;

/**
 * The shares of a chunk's squared length: common to all texts, its topic, its document, and its own. Unrelated texts
 * have a cosine of 0.15, those of one topic 0.45, those of one document 0.60, similar to text-embedding-3-small.
 */
export const CHUNK_SHARES = {
  common: 0.15,
  topic: 0.3,
  document: 0.15,
  own: 0.4,
};

/** The shares of a question, most of which is its own: its cosine with its target chunk is 0.6. */
export const QUESTION_SHARES = {
  common: 0.15,
  topic: 0.15,
  document: 0.05,
  target: 0.05,
  own: 0.6,
};

/** Vectors of the pools, by kind and number. */
export type PoolKind = "common" | "topic" | "document" | "chunk";
const POOLS: Record<PoolKind, number> = {
  common: 1,
  topic: TOPICS,
  document: DOCUMENT_VECTORS,
  chunk: CHUNK_VECTORS,
};
const OWN_VECTORS = 3;

/**
 * Makes the pools of which all vectors are sums, in Postgres, with a fixed seed: random directions whose variance
 * differs by dimension, as in real embeddings, scaled to their share.
 * @param tx a transaction of a superuser
 */
export async function makePools(tx: postgres.ISql): Promise<void> {
  await tx`create schema bench`;
  await tx`
    create unlogged table bench.pool (
      kind text, n int, v extensions.vector(1536), primary key (kind, n))`;
  // In the row itself, so that sums need no TOAST lookups.
  await tx`alter table bench.pool alter column v set storage plain`;
  await tx`select setseed(0.42)`;
  const share: Record<PoolKind, number> = {
    common: CHUNK_SHARES.common,
    topic: CHUNK_SHARES.topic,
    document: CHUNK_SHARES.document,
    chunk: CHUNK_SHARES.own / OWN_VECTORS,
  };
  await tx`
    create temporary table spread on commit drop as
    select array_agg(exp(0.3 * sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random()))::real)::extensions.vector(1536) as v
    from generate_series(1, 1536)`;
  for (const [kind, count] of Object.entries(POOLS)) {
    // The subquery depends on n, so that it is evaluated for each row.
    await tx`
      insert into bench.pool
      select ${kind}, n, extensions.l2_normalize(drawn.v operator(extensions.*) spread.v)
             operator(extensions.*) array_fill(${
      Math.sqrt(share[kind as PoolKind])
    }::real, array[1536])::extensions.vector(1536)
      from generate_series(0, ${count}::int - 1) n
      cross join lateral (
        select array_agg(sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random()))::extensions.vector(1536) as v
        from generate_series(1, 1536 + 0 * n)
      ) drawn, spread`;
  }
  await tx`analyze bench.pool`;
}

/** The pools' vectors as numbers, for the questions. */
export class Pools {
  constructor(private readonly vectors: Map<string, Float64Array>) {}

  static async read(sql: postgres.ISql): Promise<Pools> {
    const rows = await sql<{ kind: string; n: number; v: string }[]>`
      select kind, n, v::text from bench.pool`;
    return new Pools(
      new Map(
        rows.map(({ kind, n, v }) => [
          `${kind} ${n}`,
          Float64Array.from(JSON.parse(v)),
        ]),
      ),
    );
  }

  get(kind: PoolKind, n: number): Float64Array {
    const found = this.vectors.get(`${kind} ${n}`);
    if (!found) throw new RangeError(`no vector ${kind} ${n}`);
    return found;
  }
}

/** The vector of a question about a chunk. */
export function questionVector(
  pools: Pick<Pools, "get">,
  chance: Chance,
  seed: ChunkSeed,
): Float32Array {
  const own = seed.vectors.map((n) => pools.get("chunk", n));
  return mixed(chance, [
    [QUESTION_SHARES.common, pools.get("common", 0)],
    [QUESTION_SHARES.topic, pools.get("topic", seed.topic)],
    [QUESTION_SHARES.document, pools.get("document", seed.document.vector)],
    [QUESTION_SHARES.target, own[0].map((x, i) => x + own[1][i] + own[2][i])],
  ]);
}

/** The vector of a question about a topic without a target text. */
export function topicVector(
  pools: Pick<Pools, "get">,
  chance: Chance,
  topic: number,
): Float32Array {
  return mixed(chance, [
    [QUESTION_SHARES.common, pools.get("common", 0)],
    [QUESTION_SHARES.topic, pools.get("topic", topic)],
  ]);
}

/** A unit-length sum of directions with their shares of the squared length; the rest is random. */
function mixed(
  chance: Chance,
  parts: [share: number, direction: Float64Array][],
): Float32Array {
  const left = 1 - parts.reduce((sum, [share]) => sum + share, 0);
  const sum = new Float64Array(parts[0][1].length);
  const random = sum.map(() => gaussian(chance));
  for (const [share, direction] of [...parts, [left, random] as const]) {
    const scale = Math.sqrt(share) / lengthOf(direction);
    for (let i = 0; i < sum.length; i++) sum[i] += scale * direction[i];
  }
  const length = lengthOf(sum);
  return Float32Array.from(sum, (x) => x / length);
}

function lengthOf(vector: Float64Array): number {
  return Math.hypot(...vector);
}
