import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { call, createUser, upload, waitFor } from "./harness.ts";

/** Real papers, which the npm package pdf-parse includes as test data. */
const paper = async (name: string) =>
  new Uint8Array(
    await readFile(
      new URL(
        `../../../node_modules/pdf-parse/test/data/${name}`,
        import.meta.url,
      ),
    ),
  );

describe("a multi-page PDF from outside this project", () => {
  it("is found page by page", async () => {
    const user = await createUser();
    const bytes = await paper("01-valid.pdf");
    const { document_id } = await upload(user, bytes, {
      filename: "trace-based-jit.pdf",
    });
    await waitFor(user, document_id, ["complete"], 60_000);

    const { body } = await call("/api/search", {
      method: "POST",
      user,
      json: { query: "How are type-stable loops compiled to traces?", k: 8 },
    });
    const found = body.results as { page: number; content: string }[];
    expect(found).toHaveLength(8);
    expect(found.some(({ content }) => /trace/i.test(content))).toBe(true);
    expect(new Set(found.map(({ page }) => page)).size).toBeGreaterThan(1);
  });
});
