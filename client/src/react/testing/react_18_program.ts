import { createElement, StrictMode, version } from "react";
import { createRoot } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { PipelineProvider, useDocument, useDocuments, usePipeline, useSearch, useUpload } from "../index.ts";
import { documentOf, FakePipeline, later } from "./fake_pipeline.ts";

/**
 * Renders a page of all hooks on a server and in a browser, from its mount to its end, and does not end if the page does
 * not show what it should. Bundled with React 18.
 */
export async function run(container: { textContent: string | null }): Promise<Record<string, unknown>> {
  const pipeline = new FakePipeline();
  const document = documentOf();
  function Page() {
    const pipeline = usePipeline();
    const { documents, isLoading } = useDocuments(pipeline);
    useDocument(pipeline, document.document_id);
    const { results } = useSearch(pipeline);
    const { tasks } = useUpload(pipeline);
    const statuses = documents.map(({ status }) => status).join();
    return createElement("p", null, `${isLoading} ${statuses} ${results.length} ${tasks.length}`);
  }
  const page = createElement(PipelineProvider, { pipeline: pipeline.client }, createElement(Page));
  const until = async (isTrue: () => boolean) => {
    while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const text = () => container.textContent ?? "";

  const onServer = renderToString(page);
  const root = createRoot(container as unknown as Element);
  root.render(createElement(StrictMode, null, page));
  await until(() => pipeline.lists.length > 0);
  pipeline.lists[0].resolve({ documents: [document], next_cursor: null });
  await until(() => text() === "false parse_queued 0 0");
  pipeline.live.onStatus(later(document, { status: "complete" }));
  await until(() => text() === "false complete 0 0");
  pipeline.signInAs(null);
  await until(() => text() === "false  0 0");
  root.unmount();
  await until(() => pipeline.userListeners.size === 0);
  return { version, onServer, requests: pipeline.lists.length };
}
