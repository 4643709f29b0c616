import { Buffer } from "node:buffer";
import { beforeAll, describe, expect, it } from "vitest";
import { createPipelineClient } from "../../../client/src/index.ts";
import { FILE_TYPES } from "../../functions/_inspect/file_types.ts";
import { wordDocument } from "../../functions/_inspect/testing/hostile_files.ts";
import { useLimits } from "./changed_limits.ts";
import { call, createUser, ENDED, llamaparse, newPdf, register, type User, waitFor } from "./harness.ts";
import { useFileTypes, useIdleStack } from "./hooks.ts";

const DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const MARKDOWN = `# Opening hours

The lighthouse museum opens at seven on Saturdays.

# Fees

Children climb the tower for nothing.
`;

describe("file types", () => {
  const sql = useIdleStack();
  const setLimits = useLimits(sql);
  useFileTypes(sql, ["pdf", "docx", "md", "txt"]);
  let user: User;
  beforeAll(async () => {
    user = await createUser();
  });

  /** Uploads a file of this type and waits for its end. */
  async function process(content: string, mime: string) {
    const bytes = new TextEncoder().encode(content);
    const registered = await register(user, bytes, { mime });
    expect(registered.status).toBe(200);
    const put = await fetch(registered.body.signed_url, {
      method: "PUT",
      headers: { "content-type": mime },
      body: Buffer.from(bytes),
    });
    expect([put.status, await put.text()]).toEqual([200, expect.anything()]);
    return await waitFor(user, registered.body.document_id, ENDED);
  }

  it.each([
    ["Markdown", "text/markdown"],
    ["plain text", "text/plain"],
  ])("%s is complete without LlamaParse, and found", async (_name, mime) => {
    const paidBefore = await llamaparse.count("create");
    const marked = `${MARKDOWN}\n${mime} ${crypto.randomUUID()}\n`;
    const { status, document_id } = await process(marked, mime);
    expect(status).toBe("complete");
    expect(await llamaparse.count("create")).toBe(paidBefore);

    const events = await sql`
      select status from upload_pipeline.events where document_id = ${document_id} and type = 'status' order by event_no`;
    expect(events.map((event) => event.status)).toEqual([
      "awaiting_upload",
      "uploaded",
      "parsed",
      "parse_validated",
      "chunking",
      "chunks_stored",
      "embedding_queued",
      "embedding_in_progress",
      "embeddings_stored",
      "complete",
    ]);
    const { body } = await call("/api/search", {
      method: "POST",
      user,
      json: {
        query: "when does the lighthouse open",
        document_ids: [document_id],
      },
    });
    expect(body.results[0].content).toContain("seven on Saturdays");
    expect(body.results[0].page).toBeNull();
  });

  /** Registers, PUTs with the given content type or none, and waits for the end. */
  async function send(
    bytes: Uint8Array,
    announced: { filename: string; mime?: string },
    label?: string,
  ) {
    const registered = await register(user, bytes, announced);
    expect([registered.status, registered.body.error]).toEqual([
      200,
      undefined,
    ]);
    const put = await fetch(registered.body.signed_url, {
      method: "PUT",
      headers: label === undefined ? {} : { "content-type": label },
      body: Buffer.from(bytes),
    });
    expect([put.status, await put.text()]).toEqual([200, expect.anything()]);
    return await waitFor(user, registered.body.document_id, ENDED);
  }
  const text = () => new TextEncoder().encode(`${MARKDOWN}\n${crypto.randomUUID()}\n`);

  it.each([
    ["notes.md", ""],
    ["notes.md", undefined],
    ["notes.md", "application/octet-stream"],
    ["notes.md", "text/plain;charset=utf-8"],
    ["notes.markdown", "text/x-markdown"],
    ["notes", "text/markdown"],
    // Earlier browser clients sent this type for every file.
    ["notes.md", "application/pdf"],
  ])(
    "a file named %s, announced and sent as %j, is Markdown",
    async (filename, mime) => {
      const status = await send(text(), { filename, mime }, mime);
      expect([status.status, status.mime]).toEqual([
        "complete",
        "text/markdown",
      ]);
    },
  );

  it.each([
    ["notes.txt", "text/markdown"],
    ["notes.txt", "text/plain; charset=UTF-8"],
    ["README", ""],
  ])(
    "a file named %s, announced and sent as %j, is plain text",
    async (filename, mime) => {
      const status = await send(text(), { filename, mime }, mime);
      expect([status.status, status.mime]).toEqual(["complete", "text/plain"]);
    },
  );

  it.each([
    ["report", "application/octet-stream"],
    ["report.pdf", ""],
    ["report.pdf", "application/x-pdf"],
    ["notes.md", "text/markdown"],
    ["report.docx", "application/zip"],
  ])(
    "a PDF named %s, announced and sent as %j, is processed as a PDF",
    async (filename, mime) => {
      const bytes = await newPdf();
      const status = await send(bytes, { filename, mime }, mime);
      expect([status.status, status.mime]).toEqual([
        "complete",
        "application/pdf",
      ]);
    },
  );

  it("a Word document that was announced as a PDF is sent to LlamaParse as a Word document", async () => {
    const docx = wordDocument({
      name: "word/styles.xml",
      content: new TextEncoder().encode(crypto.randomUUID()),
    });
    const status = await send(docx, {
      filename: "x.docx",
      mime: "application/pdf",
    });
    expect(status.mime).toBe(DOCX);
    const [{ mime }] = await sql`
      select mime from upload_pipeline.documents where document_id = ${status.document_id}`;
    expect(mime).toBe(DOCX);
    expect(status.last_error?.code).not.toBe("NOT_A_PDF");
  });

  it("a file of no allowed type fails with its detected type, and costs nothing", async () => {
    const paidBefore = await llamaparse.count("create");
    const gif = new TextEncoder().encode(`GIF89a\0${crypto.randomUUID()}`);
    const said = await send(gif, { filename: "x.pdf", mime: "" });
    expect(said.last_error).toMatchObject({
      code: "NOT_A_PDF",
      message: expect.stringContaining("a GIF image"),
    });
    const unsaid = await send(gif, { filename: "x", mime: "" }, "");
    expect(unsaid.last_error).toMatchObject({
      code: "TYPE_MISMATCH",
      message: expect.stringContaining("a GIF image"),
    });
    expect(await llamaparse.count("create")).toBe(paidBefore);
  });

  it("a form's files are typed by their bytes, and become one document each", async () => {
    const form = new FormData();
    form.append("file", new File([text()], "notes.md", { type: "" }));
    form.append(
      "file",
      new File(
        [await newPdf() as Uint8Array<ArrayBuffer>],
        "x.docx",
      ),
    );
    const { status, body } = await call("/api/upload-document-backend", {
      method: "POST",
      user,
      body: form,
    });
    expect(status).toBe(200);
    const mimes = [];
    for (const { document_id } of body.documents) {
      mimes.push((await waitFor(user, document_id, ENDED)).mime);
    }
    expect(mimes).toEqual(["text/markdown", "application/pdf"]);
  });

  it("the client accepts a browser's file without a type, and bytes with a name", async () => {
    const client = createPipelineClient(user.client);
    for (
      const [file, filename] of [
        [new File([text()], "notes.md", { type: "" }), undefined],
        [text(), "d.md"],
      ] as const
    ) {
      const { documentId } = await client.upload(file, { filename });
      const { mime } = await client.waitUntilComplete(documentId);
      expect(mime).toBe("text/markdown");
    }
  });

  it("bytes that supabase-js uploads with its default content type are accepted", async () => {
    const bytes = await newPdf();
    const { body } = await register(user, bytes);
    const { pathname, searchParams } = new URL(body.signed_url);
    const path = pathname.split("/files/")[1];
    const { error } = await user.client.storage.from("files")
      .uploadToSignedUrl(path, searchParams.get("token")!, bytes);
    expect(error).toBeNull();
    await waitFor(user, body.document_id, ["complete"]);
  });

  it("the database and the functions have the same file types", async () => {
    const rows = await sql`
      select extension, mime, aliases from pipeline_internal.file_types order by extension`;
    expect(rows.map(({ extension, mime }) => [extension, mime])).toEqual(
      FILE_TYPES.map(({ extension, mime }) => [extension, mime]).toSorted(),
    );
    for (const { extension, aliases } of rows) {
      const known = FILE_TYPES.find((type) => type.extension === extension)!;
      expect([extension, aliases]).toEqual([
        extension,
        expect.arrayContaining(known.aliases ?? []),
      ]);
    }
  });

  it("a file of another type than announced fails, and costs nothing", async () => {
    const paidBefore = await llamaparse.count("create");
    for (
      const [mime, content] of [[DOCX, "PK word/"], ["text/plain", "a\0b"]]
    ) {
      const status = await process(content + crypto.randomUUID(), mime);
      expect([mime, status.status, status.last_error.code]).toEqual([
        mime,
        "failed_parse",
        "TYPE_MISMATCH",
      ]);
    }
    expect(await llamaparse.count("create")).toBe(paidBefore);
  });

  it("an empty text file fails", async () => {
    const status = await process(" \n\n ", "text/markdown");
    expect(status.last_error.code).toBe("EMPTY_DOCUMENT");
  });

  it("a text file that is too long for one invocation fails", async () => {
    await setLimits({ max_text_bytes: 100 });
    // 100 characters, but one of them takes two bytes.
    const status = await process(`é${"a".repeat(99)}`, "text/plain");
    expect(status).toMatchObject({
      status: "failed_parse",
      last_error: { code: "TEXT_TOO_LONG" },
    });
    expect((await process("a".repeat(100), "text/plain")).status)
      .toBe("complete");
  });

  it("a known type that is not allowed is refused by the API and by Storage", async () => {
    const user = await createUser();
    const bytes = new TextEncoder().encode("<p>hello");
    const { status, body } = await register(user, bytes, { mime: "text/html" });
    expect([status, body.error.code]).toEqual([415, "unsupported_type"]);
    expect(body.error.details.allowed).not.toContain("text/html");

    const registered = await register(user, bytes, { mime: "text/plain" });
    const put = await fetch(registered.body.signed_url, {
      method: "PUT",
      headers: { "content-type": "text/html" },
      body: Buffer.from(bytes),
    });
    expect(put.status).toBeGreaterThanOrEqual(400);
    await put.body?.cancel();
  });
});
