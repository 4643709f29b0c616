import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { act, createElement } from "react";
import { PipelineError } from "../pipeline_error.ts";
import { useDocument, useDocuments } from "./index.ts";
import { Dom, renderHook, settle } from "./testing/dom.ts";
import { documentOf, FakePipeline, later } from "./testing/fake_pipeline.ts";

let dom: Dom;
let pipeline: FakePipeline;
beforeEach(() => {
  dom = Dom.open();
  pipeline = new FakePipeline();
});
afterEach(() => dom.close());

const idsOf = ({ documents }: { documents: readonly { document_id: string }[] }) =>
  documents.map(({ document_id }) => document_id);

/** A mounted list that shows these documents, the first one first. */
async function shown(documents = [documentOf(), documentOf()].reverse(), next_cursor: string | null = null) {
  const hook = await renderHook(dom, () => useDocuments(pipeline.client));
  await settle();
  pipeline.lists[0].resolve({ documents, next_cursor });
  await settle();
  return { hook, documents };
}

describe("useDocuments", () => {
  it("lists the user's documents", async () => {
    const hook = await renderHook(dom, () => useDocuments(pipeline.client, { limit: 2, status: "complete" }));
    expect(hook.now()).toMatchObject({ documents: [], isLoading: true, error: null });
    await settle();
    expect(pipeline.lists.map(({ options }) => options)).toEqual([{ limit: 2, status: "complete" }]);
    const documents = [documentOf({ status: "complete" })];
    pipeline.lists[0].resolve({ documents, next_cursor: null });
    await settle();
    expect(hook.now()).toMatchObject({ documents, isLoading: false, hasMore: false, error: null });
  });

  it("loads further pages, each document once", async () => {
    const { hook, documents } = await shown(undefined, "after 2");
    expect(hook.now().hasMore).toBe(true);
    const older = documentOf({ created_at: "2025-01-01T00:00:00.000Z" });
    await act(() => {
      hook.now().loadMore();
      hook.now().loadMore();
    });
    expect(hook.now().isLoadingMore).toBe(true);
    expect(pipeline.lists).toHaveLength(2);
    expect(pipeline.lists[1].options).toMatchObject({ cursor: "after 2" });
    pipeline.lists[1].resolve({ documents: [documents[1], older], next_cursor: null });
    await settle();
    expect(idsOf(hook.now())).toEqual([...documents, older].map(({ document_id }) => document_id));
    expect(hook.now()).toMatchObject({ hasMore: false, isLoadingMore: false });
    await act(() => hook.now().loadMore());
    expect(pipeline.lists).toHaveLength(2);
  });

  it("keeps the list when something goes wrong, and loads as many again", async () => {
    const { hook, documents } = await shown(undefined, "more");
    await act(() => hook.now().reload());
    expect(pipeline.lists[1].options).toMatchObject({ limit: 2 });
    pipeline.lists[1].reject(new PipelineError("database_unavailable", "Down.", { status: 503 }));
    await settle();
    expect(hook.now()).toMatchObject({ documents, isLoading: false, error: { code: "database_unavailable" } });
    await act(() => hook.now().reload());
    pipeline.lists[2].resolve({ documents, next_cursor: null });
    await settle();
    expect(hook.now().error).toBeNull();
  });

  it("applies live changes in place, adds new documents and drops deleted ones", async () => {
    const { hook, documents: [second, first] } = await shown();
    const changed = later(first, { status: "complete" });
    const added = documentOf();
    await act(() => {
      pipeline.live.onStatus(changed);
      pipeline.live.onStatus(added);
    });
    expect(hook.now().documents).toEqual([added, second, changed]);
    await act(() => pipeline.live.onRemoved!(second.document_id));
    expect(hook.now().documents).toEqual([added, changed]);
  });

  it("adds no document that belongs to a page which is not loaded", async () => {
    const { hook, documents } = await shown(undefined, "more");
    await act(() => pipeline.live.onStatus(documentOf({ created_at: "2020-01-01T00:00:00.000Z" })));
    expect(hook.now().documents).toEqual(documents);
  });

  it("drops a document that no longer passes the filter", async () => {
    const hook = await renderHook(dom, () => useDocuments(pipeline.client, { state: "queued" }));
    await settle();
    const document = documentOf();
    pipeline.lists[0].resolve({ documents: [document], next_cursor: null });
    await settle();
    await act(() => pipeline.live.onStatus(documentOf({ state: "done" })));
    expect(idsOf(hook.now())).toEqual([document.document_id]);
    await act(() => pipeline.live.onStatus(later(document, { state: "working" })));
    expect(hook.now().documents).toEqual([]);
  });

  it("asks the API again when only it can say whether a new document is found", async () => {
    const hook = await renderHook(dom, () => useDocuments(pipeline.client, { q: "report" }));
    await settle();
    pipeline.lists[0].resolve({ documents: [], next_cursor: null });
    await settle();
    await act(() => pipeline.live.onStatus(documentOf()));
    await act(() => pipeline.live.onStatus(documentOf()));
    expect(hook.now().documents).toEqual([]);
    await settle(350);
    expect(pipeline.lists).toHaveLength(2);
  });

  it("prefers what it heard over an answer that was under way", async () => {
    const hook = await renderHook(dom, () => useDocuments(pipeline.client));
    await settle();
    const [kept, gone] = [documentOf(), documentOf()];
    const changed = later(kept, { status: "complete" });
    const added = documentOf();
    await act(() => {
      pipeline.live.onStatus(changed);
      pipeline.live.onStatus(added);
      pipeline.live.onRemoved!(gone.document_id);
    });
    pipeline.lists[0].resolve({ documents: [gone, kept], next_cursor: null });
    await settle();
    expect(hook.now().documents).toEqual([added, changed]);
    // An older event does not undo a newer answer.
    await act(() => pipeline.live.onStatus(later(kept, {}, 1)));
    expect(hook.now().documents).toEqual([added, changed]);
  });

  it("shows the former list until another filter's documents are loaded, whatever order answers come in", async () => {
    const { hook, documents } = await shown();
    await hook.use(() => useDocuments(pipeline.client, { status: "complete" }));
    await hook.use(() => useDocuments(pipeline.client, { status: "failed_parse" }));
    expect(hook.now()).toMatchObject({ documents, isLoading: true });
    expect(pipeline.lists[1].signal!.aborted).toBe(true);
    const failed = documentOf({ status: "failed_parse" });
    pipeline.lists[2].resolve({ documents: [failed], next_cursor: null });
    pipeline.lists[1].resolve({ documents: [documentOf({ status: "complete" })], next_cursor: null });
    await settle();
    expect(hook.now().documents).toEqual([failed]);
  });

  it("asks nothing again when it is rendered with equal options", async () => {
    const hook = await renderHook(dom, () => useDocuments(pipeline.client, { sort: "updated_at" }));
    await settle();
    await hook.use(() => useDocuments(pipeline.client, { sort: "updated_at" }));
    await settle();
    expect(pipeline.lists).toHaveLength(1);
  });

  it("deletes a document, and keeps it when that is refused", async () => {
    const { hook, documents } = await shown();
    pipeline.refusal = new PipelineError("database_unavailable", "Down.", { status: 503 });
    await expect(hook.now().remove(documents[0].document_id)).rejects.toMatchObject({ code: "database_unavailable" });
    expect(hook.now().documents).toEqual(documents);
    await act(() => hook.now().remove(documents[0].document_id));
    expect(hook.now().documents).toEqual([documents[1]]);
  });

  it("never shows another user's documents", async () => {
    const { hook } = await shown();
    const mine = hook.now().documents.length;
    expect(mine).toBe(2);
    await act(() => hook.now().reload());
    const seen = hook.values.length;
    await act(() => pipeline.signInAs("user-2"));
    pipeline.lists[1].resolve({ documents: [documentOf()], next_cursor: null });
    await settle();
    expect(pipeline.lists[1].signal!.aborted).toBe(true);
    for (const value of hook.values.slice(seen)) expect(value.documents).toEqual([]);
    const theirs = documentOf();
    pipeline.lists[2].resolve({ documents: [theirs], next_cursor: null });
    await settle();
    expect(hook.now().documents).toEqual([theirs]);
    await act(() => pipeline.signInAs(null));
    expect(hook.now()).toMatchObject({ documents: [], isLoading: false });
    expect(pipeline.subscriptions.every(({ isClosed }) => isClosed)).toBe(true);
  });

  it("says how changes arrive, and why they did not", async () => {
    const { hook } = await shown();
    await act(() => pipeline.live.onState!("polling"));
    await act(() => pipeline.live.onError!(new PipelineError("network_error", "Gone.")));
    expect(hook.now()).toMatchObject({ live: "polling", liveError: { code: "network_error" }, error: null });
    await act(() => pipeline.live.onState!("live"));
    expect(hook.now()).toMatchObject({ live: "live", liveError: null });
  });

  it("subscribes again when the subscription ends although the user remains", async () => {
    const { hook, documents: [second, first] } = await shown();
    await act(() => pipeline.live.onState!("live"));
    await act(() => pipeline.live.onState!("closed"));
    expect(pipeline.subscriptions).toHaveLength(1);
    expect(hook.now().live).toBe("connecting");
    await settle(400);
    expect(pipeline.subscriptions).toHaveLength(2);
    const changed = later(first, { status: "complete" });
    await act(() => pipeline.live.onStatus(changed));
    expect(hook.now().documents).toEqual([second, changed]);
  });

  it("subscribes for another user only after all others have heard of that user", async () => {
    await shown();
    let isLate = false;
    const subscribed: boolean[] = [];
    const { subscribe } = pipeline;
    pipeline.subscribe = (handlers) => {
      subscribed.push(isLate);
      return subscribe(handlers);
    };
    await act(() => {
      pipeline.signInAs("user-2");
      isLate = true;
    });
    await settle();
    expect(subscribed).toEqual([true]);
  });

  it("follows no changes when it is not to", async () => {
    const hook = await renderHook(dom, () => useDocuments(pipeline.client, { live: false }));
    await settle();
    expect(pipeline.subscriptions).toEqual([]);
    await hook.use(() => useDocuments(pipeline.client, { live: true }));
    expect(pipeline.subscriptions).toHaveLength(1);
    await hook.use(() => useDocuments(pipeline.client, { live: false }));
    expect(pipeline.subscriptions[0].isClosed).toBe(true);
  });

  it("cancels its request and its subscription when it unmounts", async () => {
    const hook = await renderHook(dom, () => useDocuments(pipeline.client));
    await settle();
    await hook.unmount();
    await settle();
    expect(pipeline.lists[0].signal!.aborted).toBe(true);
    expect(pipeline.subscriptions.map(({ isClosed }) => isClosed)).toEqual([true]);
    expect(pipeline.userListeners.size).toBe(0);
  });

  it("asks once in strict mode, which mounts everything twice", async () => {
    const hook = await renderHook(dom, () => useDocuments(pipeline.client), { isStrict: true });
    await settle();
    expect(pipeline.lists).toHaveLength(1);
    expect(pipeline.lists[0].signal!.aborted).toBe(false);
    pipeline.lists[0].resolve({ documents: [documentOf()], next_cursor: null });
    await settle();
    expect(hook.now().documents).toHaveLength(1);
    expect(() => pipeline.live).not.toThrow();
  });

  it("shares one subscription with all hooks of a client", async () => {
    function App() {
      useDocuments(pipeline.client);
      useDocuments(pipeline.client, { state: "done" });
      useDocument(pipeline.client, "document");
      return null;
    }
    const app = await dom.render(createElement(App));
    await settle();
    expect(pipeline.subscriptions).toHaveLength(1);
    await app.unmount();
    await settle();
    expect(pipeline.subscriptions[0].isClosed).toBe(true);
  });

  it("begins again with another client", async () => {
    const { hook } = await shown();
    const other = new FakePipeline();
    await hook.use(() => useDocuments(other.client));
    await settle();
    expect(hook.now().documents).toEqual([]);
    expect(other.lists).toHaveLength(1);
    expect(pipeline.subscriptions[0].isClosed).toBe(true);
  });
});

describe("useDocument", () => {
  async function shownOne() {
    const document = documentOf();
    const hook = await renderHook(dom, () => useDocument(pipeline.client, document.document_id));
    await settle();
    pipeline.statuses[0].resolve(document);
    await settle();
    return { hook, document };
  }

  it("shows a document as it changes, until it is deleted", async () => {
    const { hook, document } = await shownOne();
    expect(hook.now()).toMatchObject({ document, isLoading: false });
    const changed = later(document, { warnings: [{ code: "PAGES_UNREAD", message: "page 3", pages: [3] }] });
    await act(() => pipeline.live.onStatus(changed));
    await act(() => pipeline.live.onStatus(documentOf()));
    await act(() => pipeline.live.onStatus(document));
    expect(hook.now().document).toEqual(changed);
    await act(() => pipeline.live.onRemoved!(document.document_id));
    expect(hook.now()).toMatchObject({ document: null, error: { code: "document_not_found" } });
  });

  it("acts on the document", async () => {
    const { hook, document } = await shownOne();
    const { document_id, job_id } = document;
    await act(() => hook.now().retry());
    await act(() => hook.now().reparse({ pages: "unread" }));
    expect(await hook.now().downloadUrl("markdown")).toBe(`https://files.example/${document_id}`);
    await act(() => hook.now().remove());
    expect(pipeline.actions).toEqual([
      ["retry", job_id],
      ["reparse", document_id, { pages: "unread" }],
      ["downloadUrl", document_id, { variant: "markdown" }],
      ["remove", document_id],
    ]);
    expect(hook.now().document).toBeNull();
    await expect(hook.now().retry()).rejects.toMatchObject({ code: "document_not_found" });
  });

  it("rejects an action that is refused, and keeps the document", async () => {
    const { hook, document } = await shownOne();
    pipeline.refusal = new PipelineError("not_retryable", "No.", { status: 400 });
    await expect(hook.now().retry()).rejects.toMatchObject({ code: "not_retryable" });
    expect(hook.now()).toMatchObject({ document, error: null });
  });

  it("keeps the document when loading it again fails, and has none when it does not exist", async () => {
    const { hook, document } = await shownOne();
    await act(() => hook.now().reload());
    pipeline.statuses[1].reject(new PipelineError("rate_limited", "Later.", { status: 429 }));
    await settle();
    expect(hook.now()).toMatchObject({ document, error: { code: "rate_limited" }, isLoading: false });
    await act(() => hook.now().reload());
    pipeline.statuses[2].reject(new PipelineError("document_not_found", "None.", { status: 404 }));
    await settle();
    expect(hook.now()).toMatchObject({ document: null, error: { code: "document_not_found" } });
  });

  it("shows another document at once as not loaded, and no late answer about the former", async () => {
    const { hook } = await shownOne();
    await hook.use(() => useDocument(pipeline.client, "second"));
    expect(hook.now()).toMatchObject({ document: null, isLoading: true });
    await hook.use(() => useDocument(pipeline.client, "third"));
    pipeline.statuses[1].resolve(documentOf({ document_id: "second" }));
    await settle();
    expect(hook.now().document).toBeNull();
    expect(pipeline.statuses[1].signal!.aborted).toBe(true);
  });

  it("does nothing without an id", async () => {
    const hook = await renderHook(dom, () => useDocument(pipeline.client, null));
    await settle();
    expect(hook.now()).toMatchObject({ document: null, isLoading: false });
    expect([pipeline.statuses, pipeline.subscriptions]).toEqual([[], []]);
  });

  it("forgets the document when the user changes", async () => {
    const { hook } = await shownOne();
    await act(() => pipeline.signInAs("user-2"));
    expect(hook.now().document).toBeNull();
    await settle();
    expect(pipeline.statuses).toHaveLength(2);
    await act(() => pipeline.signInAs(null));
    expect(hook.now()).toMatchObject({ document: null, isLoading: false });
  });

  it("cancels its request when it unmounts", async () => {
    const hook = await renderHook(dom, () => useDocument(pipeline.client, "a"), { isStrict: true });
    await settle();
    expect(pipeline.statuses).toHaveLength(1);
    await hook.unmount();
    await settle();
    expect(pipeline.statuses[0].signal!.aborted).toBe(true);
  });
});
