import { readFile } from "node:fs/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { HANDBOOK_QUESTION } from "../../../scripts/dev/demo/handbook.ts";
import { sha256Hex } from "../../functions/_shared/hash.ts";
import { call, createUser, handbook, messagesOf, newPdf, upload, type User, waitFor } from "./harness.ts";
import { useDatabase } from "./hooks.ts";

const LIFE = [
  "awaiting_upload",
  "uploaded",
  "parse_queued",
  "parsed",
  "parse_validated",
  "chunking",
  "chunks_stored",
  "embedding_queued",
  "embedding_in_progress",
  "embeddings_stored",
  "complete",
];

describe("a document from upload to answer", () => {
  const sql = useDatabase();
  let user: User;
  beforeAll(async () => {
    user = await createUser();
  });

  it("passes every status in order, driven by the database alone", async () => {
    const { document_id, job_id } = await upload(
      user,
      await handbook(),
      { filename: "handbook.pdf" },
    );
    const status = await waitFor(user, document_id, ["complete"]);
    expect(status).toMatchObject({
      document_id,
      filename: "handbook.pdf",
      state: "done",
      mime: "application/pdf",
      progress: { stage_pct: 100, total_pct: 100 },
    });

    const { data: events, error } = await user.client.schema("upload_pipeline")
      .from("events").select("status, type, job_id").eq(
        "document_id",
        document_id,
      ).order("event_no");
    expect(error).toBeNull();
    expect(events!.map((event) => event.status)).toEqual(LIFE);
    expect(new Set(events!.map((event) => event.job_id))).toEqual(
      new Set([job_id]),
    );

    const chunks = await sql`
      select chunk_ord, page_from, heading_path, token_count, embed_model,
             extensions.vector_dims(embedding) as dimensions,
             extensions.l2_norm(embedding) as norm
      from upload_pipeline.document_chunks where document_id = ${document_id} order by chunk_ord`;
    expect(chunks.length).toBeGreaterThan(3);
    expect(chunks.map((chunk) => chunk.chunk_ord)).toEqual([...chunks.keys()]);
    for (const chunk of chunks) {
      expect(chunk.token_count).toBeLessThanOrEqual(512);
      expect(chunk.dimensions).toBe(1536);
      expect(chunk.norm).toBeCloseTo(1, 3);
      expect(chunk.embed_model).toBe("text-embedding-3-small");
    }
    expect(new Set(chunks.map((chunk) => chunk.page_from)).size)
      .toBeGreaterThan(1);
    expect(chunks.every((chunk) => chunk.heading_path.length > 0)).toBe(true);
  });

  it("is found with its passage, page, heading and score", async () => {
    const { status, body } = await call("/api/search", {
      method: "POST",
      user,
      json: { query: "How much does membership cost?", k: 3 },
    });
    expect(status).toBe(200);
    expect(body.results).toHaveLength(3);
    expect(body.results[0]).toMatchObject({ filename: "handbook.pdf" });
    expect(body.results[0].page).toBeGreaterThan(0);
    expect(body.results[0].heading_path.length).toBeGreaterThan(0);
    const scores = body.results.map((result: { score: number }) => result.score);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
  });

  it("is the first answer to the questions of the documents and the demo", async () => {
    const pages = await Promise.all(
      ["first-document", "searching"]
        .map((page) => readFile(`docs/using/${page}.md`, "utf8")),
    );
    const bodies = [...pages.join("").matchAll(/-d '(\{"query":.*\})'/g)]
      .map(([, json]) => JSON.parse(json));
    const answered: Record<string, RegExp> = {
      "When does the library open on Sundays?": /Opening hours/,
      '"opening hours" -night': /^(?![^]*night)[^]*opening hours/i,
    };
    expect(bodies.map(({ query }) => query)).toEqual(Object.keys(answered));
    answered[HANDBOOK_QUESTION] = /Tools and instruments[^]*€2\.00/;
    for (
      const json of [...bodies, { query: HANDBOOK_QUESTION }]
    ) {
      for (const mode of ["hybrid", "text"]) {
        const { status, body } = await call("/api/search", {
          method: "POST",
          user,
          json: { ...json, mode },
        });
        expect.soft(status, json.query).toBe(200);
        const { heading_path = [], content } = body.results[0] ?? {};
        expect.soft(
          [...heading_path, content].join("\n"),
          `${json.query} by ${mode}`,
        ).toMatch(answered[json.query]);
      }
    }
  });

  it("is uploaded, followed and searched by an unmodified supabase-js client", async () => {
    const bytes = await newPdf();
    const { data, error } = await user.client.functions.invoke(
      "api/upload-document-backend",
      {
        body: {
          filename: "again.pdf",
          bytes_len: bytes.length,
          mime: "application/pdf",
          sha256: await sha256Hex(bytes),
        },
      },
    );
    expect(error).toBeNull();
    const token = new URL(data.signed_url).searchParams.get("token")!;
    const path = `user/${user.id}/raw/${data.document_id}.pdf`;
    const uploaded = await user.client.storage.from("files")
      .uploadToSignedUrl(
        path,
        token,
        new Blob([bytes as Uint8Array<ArrayBuffer>], {
          type: "application/pdf",
        }),
      );
    expect(uploaded.error).toBeNull();
    await waitFor(user, data.document_id, ["complete"]);

    const documents = await user.client.schema("upload_pipeline")
      .from("documents").select("filename, page_count").eq(
        "document_id",
        data.document_id,
      );
    expect(documents.data).toEqual([{ filename: "again.pdf", page_count: 3 }]);

    const found = await user.client.schema("upload_pipeline").rpc(
      "search_chunks",
      { query_text: "opening hours", match_count: 2, mode: "text" },
    );
    expect(found.error).toBeNull();
    expect(found.data.length).toBeGreaterThan(0);
  });

  it("is accepted in a single multipart request", async () => {
    const form = new FormData();
    const bytes = await newPdf();
    form.append(
      "file",
      new Blob([bytes as Uint8Array<ArrayBuffer>], { type: "application/pdf" }),
      "in one.pdf",
    );
    form.append("policy_id", "42");
    const { status, body } = await call("/api/upload-document-backend", {
      method: "POST",
      user,
      body: form,
    });
    expect(status).toBe(200);
    expect(body.signed_url).toBeNull();
    await waitFor(user, body.document_id, ["complete"]);
  });

  it("returns 409 with the original's fields when the same bytes are uploaded again", async () => {
    const bytes = await handbook();
    const { status, body } = await call("/api/upload-document-backend", {
      method: "POST",
      user,
      json: {
        filename: "other name.pdf",
        bytes_len: bytes.length,
        mime: "application/pdf",
        sha256: await sha256Hex(bytes),
      },
    });
    expect(status).toBe(409);
    expect(body).toMatchObject({
      error_type: "duplicate_document",
      document_title: "handbook.pdf",
      error: { code: "duplicate_document" },
    });
    expect(body.document_id).toMatch(/^[0-9a-f-]{36}$/);
    expect(Date.parse(body.last_uploaded)).not.toBeNaN();
  });

  it("leaves no message when it is complete", async () => {
    expect(await messagesOf(sql, user)).toBe(0);
  });
});
