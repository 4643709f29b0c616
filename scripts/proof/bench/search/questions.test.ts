import { describe, expect, it } from "vitest";
import { chanceOf, gaussian } from "./chance.ts";
import { chunkSeed, makeTenants } from "./corpus.ts";
import { KINDS, makeQuestions } from "./questions.ts";
import { DIMENSIONS, questionVector } from "./vectors.ts";

const known = new Map<string, Float64Array>();
/** As the database's pools, but with equal variance in all dimensions. */
const pools = {
  get(kind: string, n: number): Float64Array {
    const key = `${kind} ${n}`;
    if (!known.has(key)) {
      const chance = chanceOf(kind.length, n);
      const raw = Float64Array.from(
        { length: DIMENSIONS },
        () => gaussian(chance),
      );
      const length = Math.hypot(...raw);
      known.set(key, raw.map((x) => x / length));
    }
    return known.get(key)!;
  },
};
const tenants = makeTenants(10_000);
const large = tenants[0];
const small = tenants.at(-1)!;

function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

describe("makeQuestions", () => {
  const questions = makeQuestions(pools, large, 20, 1);

  it("makes every kind, deterministically, and different ones in another round", () => {
    expect(new Set(questions.map(({ kind }) => kind))).toEqual(new Set(KINDS));
    const texts = (round: number) => makeQuestions(pools, large, 20, round).map(({ text }) => text);
    expect(texts(1)).toEqual(texts(1));
    expect(texts(2)).not.toEqual(texts(1));
    expect(new Set(texts(1)).size).toBe(20);
  });

  it("narrows to at most ten of the tenant's own documents", () => {
    for (const { documents } of questions) {
      expect(documents.length).toBeGreaterThan(0);
      expect(documents.length).toBeLessThanOrEqual(10);
      for (const document of documents) {
        expect(document.tenant).toBe(large.no);
      }
    }
    for (const { documents } of makeQuestions(pools, small, 5, 1)) {
      expect(documents).toEqual(small.documents.slice(0, documents.length));
    }
  });

  it("picks an off-topic that the tenant lacks", () => {
    const vectors = questions.filter(({ kind }) => kind === "off-topic");
    for (const { vector } of vectors) {
      const nearest = Math.max(
        ...large.topics.map((topic) => cosine(vector, pools.get("topic", topic))),
      );
      expect(nearest).toBeLessThan(0.2);
    }
    expect(vectors).not.toHaveLength(0);
  });
});

it("places a question nearer to its topic than to another", () => {
  const seed = chunkSeed(large, large.documents[0], 0);
  const vector = questionVector(pools, chanceOf(9), seed);
  expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
  const own = cosine(vector, pools.get("topic", seed.topic));
  expect(own).toBeGreaterThan(0.25);
  expect(cosine(vector, pools.get("topic", (seed.topic + 1) % 300)))
    .toBeLessThan(0.15);
});
