import type { DocumentStatus } from "supabase-document-pipeline-client";
import { expect, it } from "vitest";
import { newsOf } from "./news.ts";

const document = (document_id: string, status: string, state: string) =>
  ({ document_id, status, state }) as DocumentStatus;
const ids = (documents: DocumentStatus[]) => documents.map(({ document_id }) => document_id);

it("names the documents that came to an end, and no others", () => {
  const before = [
    document("a", "embedding_in_progress", "working"),
    document("b", "uploaded", "queued"),
    document("c", "complete", "done"),
    document("d", "uploaded", "queued"),
  ];
  const { ready, failed } = newsOf(before, [
    document("a", "complete", "done"),
    document("b", "failed_parse", "deadletter"),
    document("c", "complete", "done"),
    document("d", "parse_queued", "queued"),
    // Was not in the list: another filter, or another page.
    document("e", "complete", "done"),
  ]);
  expect([ids(ready), ids(failed)]).toEqual([["a"], ["b"]]);
});
