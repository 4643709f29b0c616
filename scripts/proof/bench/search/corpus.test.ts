import { describe, expect, it } from "vitest";
import { chunkSeed, chunkWords, makeTenants, tenantSizes } from "./corpus.ts";

describe("tenantSizes", () => {
  it.each([500, 2_000, 10_000, 100_000, 1_000_000])(
    "distributes all of %i chunks, down to tenants of 5",
    (chunks) => {
      const sizes = tenantSizes(chunks);
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(chunks);
      expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
      expect(sizes.at(-1)).toBe(5);
    },
  );

  it("has every class at a million chunks", () => {
    expect([...new Set(tenantSizes(1_000_000))]).toEqual([
      100_000,
      20_000,
      5_000,
      1_000,
      100,
      5,
    ]);
  });
});

describe("makeTenants", () => {
  const tenants = makeTenants(10_000);
  const documents = tenants.flatMap(({ documents }) => documents);

  it("numbers every chunk once", () => {
    let next = 0;
    for (const { firstChunk, chunks } of documents) {
      expect(firstChunk).toBe(next);
      next += chunks;
    }
    expect(next).toBe(10_000);
  });

  it("makes long and short documents, each of one of its owner's topics", () => {
    const lengths = documents.map(({ chunks }) => chunks);
    expect(Math.min(...lengths)).toBeLessThan(10);
    expect(Math.max(...lengths)).toBeGreaterThan(100);
    for (const { topic, tenant } of documents) {
      expect(tenants[tenant].topics).toContain(topic);
    }
  });
});

describe("chunkWords", () => {
  const tenants = makeTenants(10_000);
  const [tenant] = tenants;

  function textOf(document: number, ord: number): string {
    return chunkWords(chunkSeed(tenant, tenant.documents[document], ord)).text;
  }

  it("makes the same text for the same chunk, and different ones for others", () => {
    expect(textOf(0, 0)).toBe(textOf(0, 0));
    expect(textOf(0, 0)).not.toBe(textOf(0, 1));
  });

  it("returns words that the text has", () => {
    const { text, topical, rare } = chunkWords(
      chunkSeed(tenant, tenant.documents[0], 0),
    );
    for (const word of [...topical, ...rare]) {
      expect(text.toLowerCase()).toContain(word.toLowerCase());
    }
    expect(topical.length).toBeGreaterThan(20);
    expect(rare.length).toBeGreaterThan(0);
  });

  it("uses new words with decreasing frequency", () => {
    const seen = new Set<string>();
    const growth: number[] = [];
    for (let round = 0; round < 4; round++) {
      const before = seen.size;
      let words = 0;
      for (
        const document of tenant.documents.slice(round * 15, round * 15 + 15)
      ) {
        for (let ord = 0; ord < document.chunks && words < 60_000; ord++) {
          const { text } = chunkWords(chunkSeed(tenant, document, ord));
          for (const word of text.toLowerCase().split(/[ .]+/)) {
            seen.add(word);
            words++;
          }
        }
      }
      growth.push((seen.size - before) / words);
    }
    expect(growth).toEqual(growth.toSorted((a, b) => b - a));
    expect(growth.at(-1)).toBeGreaterThan(0.02);
  });
});
