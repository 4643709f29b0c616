import { describe, expect, it } from "vitest";
import { changeText, type Preview, previewRedrive, redriveAll } from "./redrive.ts";

const PREVIEW: Preview = {
  document_count: 3,
  page_count: 10,
  documents_of_unknown_length: 1,
  token_count: 500,
  cost_cents: 3.75,
  redriven_count: 0,
  selection: "three",
  asked_at: "2026-11-23T10:00:00Z",
};

/** Redrives as the database does: at most `batch` documents, only for the present selection. */
function deadLetter(documents: string[], { batch = 500, held = [] as string[] } = {}) {
  let left = documents;
  const calls: object[] = [];
  const selection = () => left.join(" ");
  return {
    calls,
    selection,
    redrive(args: { p_dry_run?: boolean; p_selection?: string | null }): Promise<Preview[]> {
      calls.push(args);
      const document_count = left.length;
      if (args.p_dry_run) return Promise.resolve([{ ...PREVIEW, document_count, selection: selection() }]);
      if (args.p_selection !== selection()) return Promise.reject(new Error("The dead letter has changed"));
      const taken = left.slice(0, batch).filter((document) => !held.includes(document));
      left = left.filter((document) => !taken.includes(document));
      return Promise.resolve([{
        ...PREVIEW,
        document_count,
        redriven_count: taken.length,
        selection: selection(),
      }]);
    },
    fail: (document: string) => left = [...left, document],
  };
}

describe("redriveAll", () => {
  it("redrives all that the dry run showed, call by call", async () => {
    const store = deadLetter(["a", "b", "c", "d", "e"], { batch: 2 });
    const preview = await previewRedrive(store.redrive, { p_code: "CODE" });
    const progress: number[] = [];
    const end = await redriveAll(store.redrive, { p_code: "CODE" }, preview, (count) => progress.push(count));
    expect(end).toEqual({ redriven: 5, leftOut: 0 });
    expect(progress).toEqual([2, 4, 5]);
    expect(store.calls.at(-1)).toEqual({ p_code: "CODE", p_selection: "e", p_dry_run: false });
  });

  it("ends, and counts what was left out, when other transactions hold documents", async () => {
    const store = deadLetter(["a", "b", "c"], { held: ["b"] });
    const preview = await previewRedrive(store.redrive, {});
    expect(await redriveAll(store.redrive, {}, preview, () => {})).toEqual({ redriven: 2, leftOut: 1 });
  });

  it("redrives nothing when the dead letter has changed since the dry run", async () => {
    const store = deadLetter(["a"]);
    const preview = await previewRedrive(store.redrive, {});
    store.fail("b");
    const progress: number[] = [];
    await expect(redriveAll(store.redrive, {}, preview, (count) => progress.push(count))).rejects.toThrow("changed");
    expect(progress).toEqual([]);
    expect(store.selection()).toBe("a b");
  });
});

describe("changeText", () => {
  it("says what has changed between two dry runs", () => {
    expect(changeText(PREVIEW, { ...PREVIEW, cost_cents: 9 })).toBe("");
    expect(changeText(PREVIEW, { ...PREVIEW, document_count: 1200, selection: "other" })).toBe(
      "Meanwhile the dead letter has changed: 1,200 instead of 3 documents match.",
    );
    expect(changeText(PREVIEW, { ...PREVIEW, selection: "other" })).toMatch(/left the dead letter/);
  });
});
