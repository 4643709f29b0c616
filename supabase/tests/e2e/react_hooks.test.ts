import { act } from "react";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createPipelineClient } from "../../../client/src/index.ts";
import { useDocument, useDocuments, useSearch, useUpload } from "../../../client/src/react/index.ts";
import { Dom, renderHook, settle } from "../../../client/src/react/testing/dom.ts";
import { createUser, newPdf, PASSWORD, type User } from "./harness.ts";

let user: User;
let dom: Dom;
beforeEach(async () => {
  user = await createUser();
  dom = Dom.open();
});
afterEach(async () => {
  await dom.close();
  await settle(50);
});

async function until(isTrue: () => boolean, seconds = 90): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!isTrue() && Date.now() < deadline) await settle(20);
  expect(isTrue()).toBe(true);
}

async function newFile(name: string): Promise<File> {
  return new File([await newPdf() as Uint8Array<ArrayBuffer>], name, { type: "application/pdf" });
}

describe("the React hooks", () => {
  it("upload a document, show each change of it, and search it, until the user signs out", async () => {
    const pipeline = createPipelineClient(user.client);
    const hook = await renderHook(dom, () => ({
      uploads: useUpload(pipeline),
      list: useDocuments(pipeline),
      search: useSearch(pipeline),
    }));
    await until(() => !hook.now().list.isLoading && hook.now().list.live === "live");
    expect(hook.now().list.documents).toEqual([]);

    const file = await newFile("hooks.pdf");
    await act(() => hook.now().uploads.addFiles([file]));
    await until(() => hook.now().list.documents[0]?.status === "complete");
    expect(hook.now().uploads.tasks).toMatchObject([{ state: "done", filename: "hooks.pdf" }]);
    expect(hook.now().list.live).toBe("live");
    // None, complete, and at least one in between; some pass too fast to be seen.
    const seen = new Set(hook.values.map(({ list }) => list.documents[0]?.status));
    expect(seen.size).toBeGreaterThan(2);

    await act(() => hook.now().search.search("When is the library open?", { k: 2 }));
    await until(() => hook.now().search.results.length === 2);
    expect(hook.now().search.results[0].filename).toBe("hooks.pdf");

    const { document_id } = hook.now().list.documents[0];
    const single = await renderHook(dom, () => useDocument(pipeline, document_id));
    await until(() => single.now().document !== null);
    expect(await single.now().downloadUrl()).toContain("http");

    const another = await createUser();
    await act(() => user.client.auth.signOut());
    expect(hook.now()).toMatchObject({ list: { documents: [] }, search: { results: [] }, uploads: { tasks: [] } });
    expect(single.now().document).toBeNull();
    await act(() => user.client.auth.signInWithPassword({ email: another.email, password: PASSWORD }));
    await until(() => !hook.now().list.isLoading);
    expect(hook.now().list.documents).toEqual([]);
    await until(() => single.now().error?.code === "document_not_found");

    // Another program deletes it; this user sees it go.
    await act(() => user.client.auth.signInWithPassword({ email: user.email, password: PASSWORD }));
    await until(() => hook.now().list.documents.length === 1 && hook.now().list.live === "live");
    await pipeline.remove(document_id);
    await until(() => hook.now().list.documents.length === 0, 20);
  });
});
