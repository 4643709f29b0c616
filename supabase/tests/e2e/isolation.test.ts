import { createClient } from "@supabase/supabase-js";
import { beforeAll, describe, expect, it } from "vitest";
import { call, createUser, handbook, stack, upload, type User, waitFor } from "./harness.ts";

const TABLES = [
  "documents",
  "upload_jobs",
  "document_chunks",
  "events",
  "document_status",
];

describe("two users", { retry: 0 }, () => {
  let ada: User;
  let ben: User;
  let documentId: string;
  beforeAll(async () => {
    [ada, ben] = [await createUser(), await createUser()];
    // Ben uploads the same bytes, which must become a document of his own.
    const bytes = await handbook();
    documentId = (await upload(ada, bytes)).document_id;
    const other = (await upload(ben, bytes)).document_id;
    expect(other).not.toBe(documentId);
    await waitFor(ada, documentId, ["complete"]);
    await waitFor(ben, other, ["complete"]);
  });

  it.each(TABLES)("see only their own rows in %s", async (table) => {
    const own = await ada.client.schema("upload_pipeline").from(table)
      .select("document_id, user_id");
    expect(own.error).toBeNull();
    expect(own.data!.length).toBeGreaterThan(0);
    expect(new Set(own.data!.map((row) => row.user_id))).toEqual(
      new Set([ada.id]),
    );

    const asked = await ben.client.schema("upload_pipeline").from(table)
      .select("document_id").eq("document_id", documentId);
    expect(asked.data).toEqual([]);
  });

  it.each(TABLES)(
    "hide %s from requests without a session",
    async (table) => {
      const anonymous = createClient(stack.url, stack.publishableKey, {
        auth: { persistSession: false },
      });
      const { data, error } = await anonymous.schema("upload_pipeline").from(
        table,
      )
        .select("document_id");
      expect(error).not.toBeNull();
      expect(data).toBeNull();
    },
  );

  it("get the same 404 for the other's document as for an unknown one", async () => {
    const others = await call(`/api/documents/${documentId}/status`, {
      user: ben,
    });
    const unknown = await call(
      `/api/documents/${crypto.randomUUID()}/status`,
      { user: ben },
    );
    expect(others.status).toBe(404);
    expect(unknown.status).toBe(404);
    expect(others.body.error.code).toBe(unknown.body.error.code);
    expect(others.body.error.message).toBe(unknown.body.error.message);
  });

  it("find nothing of each other's in a search that names the document", async () => {
    const { body } = await call("/api/search", {
      method: "POST",
      user: ben,
      json: { query: "membership", document_ids: [documentId] },
    });
    expect(body.results).toEqual([]);
    const rpc = await ben.client.schema("upload_pipeline").rpc(
      "search_chunks",
      { query_text: "membership", document_ids: [documentId], mode: "text" },
    );
    expect(rpc.data).toEqual([]);
  });

  it("learn nothing about each other's chunks from search explanations", async () => {
    const explained = async (chunkId: string) => {
      const { status, body } = await call("/api/search", {
        method: "POST",
        user: ben,
        json: { query: "membership", mode: "text", explain: chunkId },
      });
      expect([status, body.explained.chunk_id]).toEqual([200, chunkId]);
      return { ...body.explained, chunk_id: null };
    };
    const { data } = await ada.client.schema("upload_pipeline")
      .from("document_chunks").select("chunk_id").limit(1).single();
    expect(await explained(data!.chunk_id))
      .toEqual(await explained(crypto.randomUUID()));
  });

  it("get 422 for each other's search cursors", async () => {
    const search = (user: User, json: Record<string, unknown>) =>
      call("/api/search", {
        method: "POST",
        user,
        json: { query: "library", mode: "text", k: 1, ...json },
      });
    const adas = (await search(ada, {})).body.next_cursor;
    const bensOther = (await search(ben, { k: 2 })).body.next_cursor;
    expect([typeof adas, typeof bensOther]).toEqual(["string", "string"]);
    expect((await search(ada, { cursor: adas })).status).toBe(200);
    const refused = await search(ben, { cursor: adas });
    const unknown = await search(ben, { cursor: bensOther });
    expect([refused.status, refused.body.error.code])
      .toEqual([422, "invalid_cursor"]);
    expect({ ...refused.body.error, request_id: "" })
      .toEqual({ ...unknown.body.error, request_id: "" });
  });

  it("cannot read or overwrite each other's files", async () => {
    const { data } = await ada.client.schema("upload_pipeline")
      .from("documents").select("original_path, parsed_path").eq(
        "document_id",
        documentId,
      )
      .single();
    const { original_path: original, parsed_path: parsed } = data!;
    expect(original).toMatch(
      new RegExp(`^user/${ada.id}/original/${documentId}\\..+\\.pdf$`),
    );
    expect(parsed).toMatch(new RegExp(`^user/${ada.id}/parsed/.+\\.md$`));
    for (const path of [original, parsed]) {
      expect((await ada.client.storage.from("files").download(path)).error)
        .toBeNull();
      expect((await ben.client.storage.from("files").download(path)).data)
        .toBeNull();
      const signed = await ben.client.storage.from("files")
        .createSignedUrl(path, 60);
      expect(signed.data).toBeNull();
      const overwritten = await ben.client.storage.from("files").upload(
        path,
        new Blob(["%PDF-evil"], { type: "application/pdf" }),
        { upsert: true },
      );
      expect(overwritten.error).not.toBeNull();
    }
    const listed = await ben.client.storage.from("files")
      .list(`user/${ada.id}/original`);
    expect(listed.data).toEqual([]);
  });

  it("cannot write any row, including their own", async () => {
    const documents = ada.client.schema("upload_pipeline").from("documents");
    const changed = await documents.update({ filename: "x" }).eq(
      "document_id",
      documentId,
    );
    expect(changed.error).not.toBeNull();
    const removed = await ada.client.schema("upload_pipeline")
      .from("document_chunks").delete().eq("document_id", documentId);
    expect(removed.error).not.toBeNull();
  });

  it.each([
    ["pipeline_internal", "audit_log", "redrive_all"],
    ["pgmq", "q_parse", "read"],
    ["pgmq_public", "q_parse", "read"],
    ["net", "http_request_queue", "http_get"],
    ["vault", "decrypted_secrets", "create_secret"],
    ["cron", "job", "schedule"],
    ["auth", "users", "uid"],
    ["storage", "objects", "foldername"],
  ])("cannot reach %s", async (schema, table, fn) => {
    const secret = createClient(stack.url, stack.secretKey, {
      auth: { persistSession: false },
    });
    for (const client of [ada.client, secret]) {
      const read = await client.schema(schema).from(table).select();
      expect([schema, read.data]).toEqual([schema, null]);
      const called = await client.schema(schema).rpc(fn);
      expect([schema, called.data]).toEqual([schema, null]);
    }
  });

  it("cannot call the worker", async () => {
    const worker = await call("/worker/parse", { method: "POST", user: ada });
    expect(worker.status).toBe(401);
  });
});
