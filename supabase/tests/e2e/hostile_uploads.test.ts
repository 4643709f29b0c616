import { Buffer } from "node:buffer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FILE_TYPES } from "../../functions/_inspect/file_types.ts";
import {
  layeredPdfBomb,
  overlapping,
  pdfBomb,
  pdfOf,
  wordDocument,
} from "../../functions/_inspect/testing/hostile_files.ts";
import {
  call,
  createUser,
  ENDED,
  eventually,
  functionEnds,
  llamaparse,
  newPdf,
  register,
  restartFunctions,
  stack,
  upload,
  type User,
  waitFor,
  waitUntilIdle,
} from "./harness.ts";
import { useFileTypes, useIdleStack } from "./hooks.ts";

const sql = useIdleStack();
let user: User;
beforeAll(async () => {
  await restartFunctions();
  user = await createUser();
});
afterAll(async () => {
  await waitUntilIdle(sql);
});

describe("a file that would exhaust its readers fails and costs nothing", () => {
  const DOCX = FILE_TYPES.find(({ extension }) => extension === "docx")!.mime;
  useFileTypes(sql, ["pdf", "docx"]);

  async function send(bytes: Uint8Array, mime: string): Promise<string> {
    const registered = await register(user, bytes, { mime });
    expect(registered.status).toBe(200);
    const put = await fetch(registered.body.signed_url, {
      method: "PUT",
      headers: { "content-type": mime },
      body: Buffer.from(bytes),
    });
    expect([put.status, await put.text()]).toEqual([200, expect.anything()]);
    return registered.body.document_id;
  }
  const zeros = { name: "word/media/x", content: Buffer.alloc(300 * 2 ** 20) };

  it.each([
    ["a PDF of gigabytes", pdfBomb, "application/pdf", "UNPACKS_TOO_LARGE"],
    [
      "a PDF packed in layers",
      layeredPdfBomb,
      "application/pdf",
      "UNPACKS_TOO_LARGE",
    ],
    [
      "a PDF of a billion pages",
      () => pdfOf([], { pages: 1e9 }),
      "application/pdf",
      "TOO_MANY_PAGES",
    ],
    [
      "a Word document with a huge ratio",
      () => wordDocument(zeros),
      DOCX,
      "UNPACKS_TOO_LARGE",
    ],
    [
      "a Word document whose parts overlap",
      () => overlapping(wordDocument(), 5_000),
      DOCX,
      "ARCHIVE_IS_BROKEN",
    ],
  ])("%s", async (_what, make, mime, code) => {
    const paidBefore = await llamaparse.count("create");
    const before = await functionEnds("worker");
    const id = await send(make(), mime);
    const status = await waitFor(user, id, ENDED);
    expect([status.status, status.last_error.code]).toEqual([
      "failed_parse",
      code,
    ]);
    const [{ attempts }] = await sql`
      select count(*)::int as attempts from upload_pipeline.events where document_id = ${id} and code = ${code}`;
    expect(attempts).toBe(1);
    expect(await llamaparse.count("create")).toBe(paidBefore);
    // The worker survived: its memory and CPU time sufficed.
    expect((await functionEnds("worker")).killed).toBe(before.killed);
  });
});

describe("a hostile file name", () => {
  const BACKSLASH = String.fromCharCode(92);
  const NAMES: [what: string, given: string, shown: string][] = [
    [
      "control characters",
      "a\r\nSet-Cookie: x=1\u0007\u001b[31m.pdf",
      "aSet-Cookie: x=1[31m.pdf",
    ],
    ["NUL", "a\0.exe\0.pdf", "a.exe.pdf"],
    [
      "marks that turn the text around",
      "\u202egnp\u2066.\u200ffdp.\u061cexe\u200e.pdf",
      "gnp.fdp.exe.pdf",
    ],
    [
      "a way out of the folder",
      `../../../${BACKSLASH}..${BACKSLASH}etc/passwd`,
      `../../../${BACKSLASH}..${BACKSLASH}etc/passwd`,
    ],
    [
      "a URL's parts",
      "a?download=b&c=d#e%2f..%00.pdf",
      "a?download=b&c=d#e%2f..%00.pdf",
    ],
    ["what ends a header", 'a"; filename="b.exe', 'a"; filename="b.exe'],
    ["emoji", "👩‍👩‍👧 family.pdf", "👩‍👩‍👧 family.pdf"],
    [
      "a letter in two pieces",
      "re\u0301sume\u0301.pdf",
      "r\u00e9sum\u00e9.pdf",
    ],
    ["half a character", "a\ud83d.pdf", "a\ufffd.pdf"],
    [
      "markup",
      "<img src=x onerror=alert(1)>.pdf",
      "<img src=x onerror=alert(1)>.pdf",
    ],
    ["a name of Windows' own", "CON", "CON"],
    ["dots alone", "..", ".."],
  ];

  it.each(NAMES)("is shown as text: %s", async (_what, given, shown) => {
    const user = await createUser();
    const bytes = await newPdf();
    const { document_id } = await upload(user, bytes, { filename: given });
    const { body: status } = await call(
      `/api/documents/${document_id}/status`,
      { user },
    );
    expect(status.filename).toBe(shown);
    // One of them is processed to the end: the pipeline works with any name.
    const variants = ["original"];
    if (given === NAMES[0][1]) {
      await waitFor(user, document_id, ["complete"]);
      variants.push("markdown");
    }
    const paths = await eventually(async () => {
      const [paths] = await sql<{ raw_path: string; original_path: string }[]>`
        select raw_path, original_path from upload_pipeline.documents
        where document_id = ${document_id} and verified_at is not null`;
      return paths;
    }, "its verification");
    expect(paths.raw_path).toBe(`user/${user.id}/raw/${document_id}.pdf`);
    expect(paths.original_path.replace(/\.[0-9a-f-]{36}\./, "."))
      .toBe(`user/${user.id}/original/${document_id}.pdf`);
    for (const variant of variants) {
      const { body } = await call(
        `/api/documents/${document_id}/download?variant=${variant}`,
        { user },
      );
      const url = new URL(body.url);
      expect(url.origin).toBe(stack.url);
      const answer = await fetch(url);
      await answer.body?.cancel();
      expect(answer.status).toBe(200);
      const saved = savedAs(answer.headers.get("content-disposition")!);
      expect(saved).not.toMatch(/[\p{Cc}/:*?"<>|;\u202a-\u202e\u2066-\u2069]/u);
      expect(saved).not.toContain(BACKSLASH);
      expect(saved).not.toMatch(/^\./);
      expect(saved).not.toBe("");
    }
  });

  it("is refused when it has ten thousand characters, alone and in a batch", async () => {
    const bytes = await newPdf();
    const filename = "x".repeat(10_000);
    const { status, body } = await register(user, bytes, { filename });
    expect([status, body.error.code]).toEqual([422, "validation_failed"]);
    expect(JSON.stringify(body)).not.toContain("xxx");
  });

  it("is stored the same from a form", async () => {
    const form = new FormData();
    const bytes = Buffer.from(await newPdf());
    const name = "../\u202efdp.exe\u200f.pdf";
    form.append("file", new File([bytes], name, { type: "application/pdf" }));
    const sent = await call("/api/upload-document-backend", {
      method: "POST",
      user,
      body: form,
    });
    expect(sent.status).toBe(200);
    const { filename } = await waitFor(user, sent.body.document_id, ENDED);
    expect(filename).toBe("../fdp.exe.pdf");
  });
});

/** The name under which a browser saves the file (RFC 6266, 4.3; RFC 8187): the extended parameter before the plain one. */
function savedAs(disposition: string): string {
  expect(disposition).toMatch(/^attachment;[\x20-\x7e]+$/);
  const plain = /; filename=([^;]+)/.exec(disposition)![1];
  const extended = /; filename\*=UTF-8''([^;]+)/.exec(disposition)![1];
  expect(plain).toBe(extended);
  return decodeURIComponent(extended);
}
