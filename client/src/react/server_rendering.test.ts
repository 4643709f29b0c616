import { createElement } from "react";
import { createClient } from "@supabase/supabase-js";
import { renderToString } from "react-dom/server";
import { afterEach, expect, it } from "vitest";
import { createPipelineClient } from "../index.ts";
import { PipelineProvider, useDocument, useDocuments, usePipeline, useSearch, useUpload } from "./index.ts";

/** What a server does not have, or must not use for a render. */
const FORBIDDEN = ["window", "document", "navigator", "WebSocket", "localStorage", "fetch", "setTimeout"];
const before = FORBIDDEN.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const);

function restore(): void {
  for (const [name, descriptor] of before) {
    if (descriptor) Object.defineProperty(globalThis, name, descriptor);
    else Reflect.deleteProperty(globalThis, name);
  }
}
afterEach(restore);

it("renders every hook on a server as it is before anything is loaded, and touches nothing", () => {
  const supabase = createClient("http://127.0.0.1:9", "key", {
    auth: { persistSession: false, autoRefreshToken: false },
  });
  const touched: string[] = [];
  for (const name of FORBIDDEN) {
    Object.defineProperty(globalThis, name, {
      configurable: true,
      get() {
        touched.push(name);
        return undefined;
      },
    });
  }
  function Page() {
    const pipeline = usePipeline();
    const { documents, isLoading, live } = useDocuments(pipeline);
    const { document } = useDocument(pipeline, "an id");
    const { results } = useSearch(pipeline);
    const { tasks } = useUpload(pipeline);
    return createElement("p", null, JSON.stringify({ documents, isLoading, live, document, results, tasks }));
  }
  const page = createElement(PipelineProvider, { pipeline: createPipelineClient(supabase) }, createElement(Page));
  let html: string;
  try {
    html = renderToString(page);
  } finally {
    restore();
  }
  const state = { documents: [], isLoading: true, live: "connecting", document: null, results: [], tasks: [] };
  expect(html).toBe(`<p>${JSON.stringify(state).replaceAll('"', "&quot;")}</p>`);
  expect(touched).toEqual([]);
});
