import { act } from "react";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Passage, SearchAnswer } from "../answers.ts";
import { PipelineError } from "../pipeline_error.ts";
import { useSearch } from "./index.ts";
import { Dom, renderHook, settle } from "./testing/dom.ts";
import { FakePipeline } from "./testing/fake_pipeline.ts";

let dom: Dom;
let pipeline: FakePipeline;
beforeEach(() => {
  dom = Dom.open();
  pipeline = new FakePipeline();
});
afterEach(() => dom.close());

function answerOf(query: string, ids: string[], change: Partial<SearchAnswer> = {}): SearchAnswer {
  const results = ids.map((chunk_id) => ({ chunk_id }) as Passage);
  return { query, mode: "hybrid", results, next_cursor: null, notices: [], took_ms: 1, ...change };
}

async function mounted(isStrict = false) {
  const hook = await renderHook(dom, () => useSearch(pipeline.client), { isStrict });
  await settle();
  return hook;
}

const idsOf = ({ results }: { results: readonly Passage[] }) => results.map(({ chunk_id }) => chunk_id);

describe("useSearch", () => {
  it("asks nothing by itself", async () => {
    const hook = await mounted(true);
    expect(pipeline.searches).toEqual([]);
    expect(hook.now()).toMatchObject({ query: null, results: [], isLoading: false, hasMore: false, error: null });
  });

  it("shows the passages, notices and whether only words were compared", async () => {
    const hook = await mounted();
    await act(() => hook.now().search("opening hours", { k: 2, language: "en" }));
    expect(hook.now()).toMatchObject({ isLoading: true, query: null });
    expect(pipeline.searches[0].options).toEqual({ query: "opening hours", k: 2, language: "en" });
    const notices = [{ code: "COMMON_WORDS_ONLY", message: "…" }];
    pipeline.searches[0].resolve(answerOf("opening hours", ["a", "b"], { notices, degraded: true }));
    await settle();
    expect(hook.now()).toMatchObject({ query: "opening hours", notices, degraded: true, isLoading: false });
    expect(idsOf(hook.now())).toEqual(["a", "b"]);
  });

  it("cancels a superseded request, and keeps the results until the next ones arrive", async () => {
    const hook = await mounted();
    await act(() => hook.now().search("one"));
    pipeline.searches[0].resolve(answerOf("one", ["1"]));
    await settle();
    await act(() => hook.now().search("two"));
    await act(() => hook.now().search("three"));
    expect(pipeline.searches[1].signal!.aborted).toBe(true);
    expect(hook.now()).toMatchObject({ query: "one", isLoading: true });
    pipeline.searches[2].resolve(answerOf("three", ["3"]));
    pipeline.searches[1].resolve(answerOf("two", ["2"]));
    await settle();
    expect(hook.now()).toMatchObject({ query: "three", isLoading: false, error: null });
    expect(idsOf(hook.now())).toEqual(["3"]);
    for (const value of hook.values) expect(idsOf(value)).not.toContain("2");
  });

  it("appends pages of the same question", async () => {
    const hook = await mounted();
    await act(() => hook.now().search("one", { k: 1 }));
    pipeline.searches[0].resolve(answerOf("one", ["1"], { next_cursor: "after 1" }));
    await settle();
    expect(hook.now().hasMore).toBe(true);
    await act(() => {
      hook.now().loadMore();
      hook.now().loadMore();
    });
    expect(pipeline.searches).toHaveLength(2);
    expect(hook.now()).toMatchObject({ isLoadingMore: true, isLoading: false });
    expect(pipeline.searches[1].options).toEqual({ query: "one", k: 1, cursor: "after 1" });
    pipeline.searches[1].resolve(answerOf("one", ["2"]));
    await settle();
    expect(idsOf(hook.now())).toEqual(["1", "2"]);
    expect(hook.now()).toMatchObject({ hasMore: false, isLoadingMore: false });
    await act(() => hook.now().loadMore());
    expect(pipeline.searches).toHaveLength(2);
  });

  it("drops a page under way when another question is asked", async () => {
    const hook = await mounted();
    await act(() => hook.now().search("one"));
    pipeline.searches[0].resolve(answerOf("one", ["1"], { next_cursor: "after 1" }));
    await settle();
    await act(() => hook.now().loadMore());
    await act(() => hook.now().search("two"));
    pipeline.searches[2].resolve(answerOf("two", ["2"]));
    pipeline.searches[1].resolve(answerOf("one", ["1b"]));
    await settle();
    expect(idsOf(hook.now())).toEqual(["2"]);
    expect(hook.now().isLoadingMore).toBe(false);
  });

  it("keeps the results when a search fails", async () => {
    const hook = await mounted();
    await act(() => hook.now().search("one"));
    pipeline.searches[0].resolve(answerOf("one", ["1"]));
    await settle();
    await act(() => hook.now().search("two"));
    pipeline.searches[1].reject(new PipelineError("search_timeout", "Late.", { status: 503 }));
    await settle();
    expect(hook.now()).toMatchObject({ query: "one", isLoading: false, error: { code: "search_timeout" } });
    expect(idsOf(hook.now())).toEqual(["1"]);
  });

  it.each(["", "  "])("is cleared by the question %j", async (query) => {
    const hook = await mounted();
    await act(() => hook.now().search("one"));
    await act(() => hook.now().search(query));
    expect(pipeline.searches[0].signal!.aborted).toBe(true);
    expect(hook.now()).toMatchObject({ query: null, results: [], isLoading: false });
  });

  it("forgets the results when the user changes, and an answer under way", async () => {
    const hook = await mounted();
    await act(() => hook.now().search("one"));
    pipeline.searches[0].resolve(answerOf("one", ["1"]));
    await settle();
    await act(() => hook.now().search("two"));
    await act(() => pipeline.signInAs("user-2"));
    expect(hook.now()).toMatchObject({ query: null, results: [], isLoading: false });
    pipeline.searches[1].resolve(answerOf("two", ["2"]));
    await settle();
    expect(hook.now().results).toEqual([]);
  });

  it("answers a question that was asked before the user was known", async () => {
    const hook = await renderHook(dom, () => useSearch(pipeline.client));
    await act(() => hook.now().search("one"));
    await settle();
    pipeline.searches[0].resolve(answerOf("one", ["1"]));
    await settle();
    expect(idsOf(hook.now())).toEqual(["1"]);
  });

  it("cancels its request when it unmounts", async () => {
    const hook = await mounted();
    await act(() => hook.now().search("one"));
    await hook.unmount();
    await settle();
    expect(pipeline.searches[0].signal!.aborted).toBe(true);
    expect(pipeline.subscriptions).toEqual([]);
  });
});
