import { Buffer } from "node:buffer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  atRest,
  call,
  connect,
  createUser,
  ENDED,
  llamaparse,
  register,
  type User,
  waitFor,
} from "./harness.ts";

const DOCX =
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const MARKDOWN = `# Opening hours

The lighthouse museum opens at seven on Saturdays.

# Fees

Children climb the tower for nothing.
`;

describe("file types in configuration", () => {
  const sql = connect();
  let user: User;
  let before: string[];
  beforeAll(async () => {
    user = await createUser();
    await atRest(sql);
    await llamaparse.reset();
    before = await sql`
      select t.extension from pipeline_internal.file_types t, pipeline_internal.limits l
      where t.mime = any (l.allowed_mime_types)`
      .then((rows) => rows.map((row) => row.extension));
    await sql`select pipeline_internal.allow_file_types(array['pdf', 'docx', 'md', 'txt'])`;
  });
  afterAll(async () => {
    await sql`select pipeline_internal.allow_file_types(${before})`;
    await sql.end();
  });

  /** Registers and sends a file of a type, and waits for its end. */
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

  it("a file that is not what it is announced as fails, and costs nothing", async () => {
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

  it("empty text fails", async () => {
    const status = await process(" \n\n ", "text/markdown");
    expect(status.last_error.code).toBe("EMPTY_DOCUMENT");
  });

  it("text that is too long to be worked on within one invocation fails", async () => {
    const [{ max_text_bytes: atMost }] = await sql`
      select max_text_bytes from pipeline_internal.limits`;
    await sql`update pipeline_internal.limits set max_text_bytes = 100`;
    try {
      // 100 characters, but one of them takes two bytes.
      const status = await process(`é${"a".repeat(99)}`, "text/plain");
      expect(status).toMatchObject({
        status: "failed_parse",
        last_error: { code: "TEXT_TOO_LONG" },
      });
      expect((await process("a".repeat(100), "text/plain")).status)
        .toBe("complete");
    } finally {
      await sql`update pipeline_internal.limits set max_text_bytes = ${atMost}`;
    }
  });

  it("a type that is known but not allowed is refused, by the API and by Storage", async () => {
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
