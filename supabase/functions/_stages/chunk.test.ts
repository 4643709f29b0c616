import { describe, expect, it } from "vitest";
import type { Job, Output, Settlement } from "../_engine/stage.ts";
import type { Storage } from "../_providers/storage.ts";
import { createChunk } from "./chunk.ts";
import type { ChunkProgress, Chunks } from "./chunks.ts";

/** Runs the stage until it settles, as invocations one after the other. */
async function chunkAll(text: string, mime: string, portionMs?: number) {
  const storage = {
    get: () => Promise.resolve(new TextEncoder().encode(text)),
  } as unknown as Storage;
  const stored: { output: Output; cut: ChunkProgress }[] = [];
  const chunks = {
    store: (_lease: unknown, output: Output, cut: ChunkProgress) => {
      stored.push({ output, cut });
      return Promise.resolve(true);
    },
  } as unknown as Chunks;
  const stage = createChunk({ storage, chunks, portionMs });
  let resume: unknown = null;
  for (;;) {
    const result = await stage.run(
      { parsedPath: "p.md", pageStarts: [], mime, resume } as unknown as Job,
      new AbortController().signal,
      [],
    );
    if (result !== "continue") {
      return { settlement: result as Settlement, stored };
    }
    // As it comes back from the database.
    resume = JSON.parse(JSON.stringify(stored.at(-1)!.cut.next));
  }
}

describe("chunk", () => {
  it("cuts a short document at once", async () => {
    const { settlement, stored } = await chunkAll(
      "# Fees\n\nTen crowns.",
      "text/markdown",
    );
    expect(stored).toEqual([]);
    expect(settlement).toMatchObject({
      outcome: "done",
      output: {
        first_ord: 0,
        title: "Fees",
        chunks: [{ heading_path: ["Fees"] }],
      },
    });
  });

  it("cuts a long document in portions that follow each other", async () => {
    const paragraph = "返却が遅れた場合は延滞料を申し受けます。".repeat(20);
    const text = Array.from(
      { length: 200 },
      (_, i) => `# ${i}\n\n${paragraph}`,
    )
      .join("\n\n");
    const { settlement, stored } = await chunkAll(
      text,
      "text/markdown",
      0,
    );
    expect(stored.length).toBeGreaterThan(3);
    const outputs = [
      ...stored.map(({ output }) => output),
      (settlement as { output: Output }).output,
    ] as { first_ord: number; chunks: { ord: number }[] }[];
    for (const { first_ord, chunks } of outputs) {
      expect(chunks[0]?.ord ?? first_ord).toBe(first_ord);
    }
    const ords = outputs.flatMap(({ chunks }) => chunks.map(({ ord }) => ord));
    expect(ords).toEqual([...ords.keys()]);
    expect(stored.map(({ cut }) => cut.done)).toEqual(
      stored.map(({ cut }) => cut.done).toSorted((a, b) => a - b),
    );
  });

  it("finds no headings in plain text", async () => {
    const { settlement } = await chunkAll("# a comment\nPORT=1", "text/plain");
    expect(settlement).toMatchObject({
      output: { chunks: [{ heading_path: [], text: "# a comment\nPORT=1" }] },
    });
  });

  it("rejects a document without text", async () => {
    const { settlement } = await chunkAll("---\n", "text/markdown");
    expect(settlement).toMatchObject({
      outcome: "reject",
      code: "EMPTY_DOCUMENT",
    });
  });
});
