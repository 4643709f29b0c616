import type { DocumentStatus } from "supabase-document-pipeline-client";
import { beforeEach, expect, it } from "vitest";
import { LARGEST_BYTES, Originals } from "./originals.ts";

let asked: string[];
let document: Pick<DocumentStatus, "mime" | "bytes_len">;
let failures: number;
let hearUser: (userId: string | null) => void;
let signals: AbortSignal[];
let originals: Originals;

beforeEach(() => {
  asked = [];
  signals = [];
  failures = 0;
  document = { mime: "application/pdf", bytes_len: 1_000 };
  originals = new Originals({
    status: (id) => {
      asked.push(`status ${id}`);
      return Promise.resolve(document as DocumentStatus);
    },
    download: (id, options) => {
      asked.push(`download ${id}`);
      signals.push(options!.signal!);
      return failures-- > 0 ? Promise.reject(new Error("no network")) : Promise.resolve(new Blob([id]));
    },
    onUser: (listener) => {
      hearUser = listener;
      return () => {};
    },
  });
});

it("downloads each file once, also when two ask at the same time", async () => {
  const files = await Promise.all(["a", "a", "b"].map((id) => originals.get(id)));
  expect(await Promise.all(files.map((file) => file.text()))).toEqual(["a", "a", "b"]);
  expect(await originals.get("a")).toBe(files[0]);
  expect(asked.filter((call) => call.startsWith("download"))).toEqual(["download a", "download b"]);
});

it("asks again after a failure", async () => {
  failures = 1;
  await expect(originals.get("a")).rejects.toThrow("no network");
  expect(await (await originals.get("a")).text()).toBe("a");
});

it("downloads nothing that cannot be shown", async () => {
  document = { mime: "text/plain", bytes_len: 10 };
  await expect(originals.get("a")).rejects.toMatchObject({ reason: "not_pdf" });
  document = { mime: "application/pdf", bytes_len: LARGEST_BYTES + 1 };
  await expect(originals.get("b")).rejects.toMatchObject({ reason: "too_large" });
  expect(asked).toEqual(["status a", "status b"]);
});

it("forgets a user's files and ends their downloads when the user signs out", async () => {
  await originals.get("a");
  hearUser("first");
  await originals.get("a");
  expect(asked.filter((call) => call.startsWith("download")).length).toBe(1);
  hearUser(null);
  expect(signals[0].aborted).toBe(true);
  hearUser("second");
  await originals.get("a");
  expect(asked.filter((call) => call.startsWith("download")).length).toBe(2);
  expect(signals[1].aborted).toBe(false);
});
