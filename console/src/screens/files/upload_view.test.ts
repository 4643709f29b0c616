import { PipelineError, type UploadSnapshot } from "supabase-document-pipeline-client";
import { describe, expect, it } from "vitest";
import { isShown, percentOf, withoutUploads } from "./upload_view.ts";

function task(change: Partial<UploadSnapshot>): UploadSnapshot {
  const progress = { hashed: 0, sent: 0, total: 10 };
  const nothing = { waitingFor: null, documentId: null, uploaded: null, error: null };
  return { id: "1", filename: "a.pdf", state: "sending", progress, ...nothing, ...change };
}
const failure = (code: "aborted" | "not_removed" | "network_error") => new PipelineError(code, code);

describe("an upload is shown", () => {
  it.each<[string, boolean, Partial<UploadSnapshot>]>([
    ["while it is sent", true, {}],
    ["when it failed", true, { state: "failed", error: failure("network_error") }],
    ["when the document is there already", true, { state: "done", uploaded: { duplicate: true, documentId: "d" } }],
    ["no more when it has arrived", false, {
      state: "done",
      uploaded: { duplicate: false, documentId: "d", jobId: "j" },
    }],
    ["no more when it was cancelled", false, { state: "aborted", error: failure("aborted") }],
    ["when it was cancelled and its document remains", true, { state: "aborted", error: failure("not_removed") }],
  ])("%s: %s", (_when, shown, change) => {
    expect(isShown(task(change), new Set())).toBe(shown);
    expect(isShown(task(change), new Set(["1"]))).toBe(false);
  });
});

it("shows a document whose file is on its way only once", () => {
  const documents = [
    { document_id: "sent", status: "awaiting_upload" },
    { document_id: "arrived", status: "uploaded" },
    { document_id: "interrupted", status: "awaiting_upload" },
    { document_id: "failed", status: "awaiting_upload" },
  ];
  const tasks = [
    task({ documentId: "sent" }),
    task({ documentId: "arrived" }),
    task({ documentId: "failed", state: "failed" }),
  ];
  expect(withoutUploads(documents, tasks).map(({ document_id }) => document_id)).toEqual([
    "arrived",
    "interrupted",
    "failed",
  ]);
});

it("rounds progress down, and takes nothing for all", () => {
  expect(percentOf({ sent: 999, total: 1000 })).toBe(99);
  expect(percentOf({ sent: 0, total: 0 })).toBe(100);
});
