import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { announcedMime, describeContent, fileType, isOfType, recognise, UNDETERMINED } from "./file_types.ts";
import { readDirectory } from "./zip_directory.ts";

const text = (content: string) => new TextEncoder().encode(content);

/** An archive of empty files in the usual layout. */
function zip(names: string[], comment = ""): Uint8Array {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const name of names) {
    const local = Buffer.alloc(30 + name.length);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(name.length, 26);
    local.write(name, 30);
    const entry = Buffer.alloc(46 + name.length);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(offset, 42);
    entry.write(name, 46);
    parts.push(local);
    directory.push(entry);
    offset += local.length;
  }
  const end = Buffer.alloc(22 + comment.length);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(names.length, 8);
  end.writeUInt16LE(names.length, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(offset, 16);
  end.writeUInt16LE(comment.length, 20);
  end.write(comment, 22);
  return new Uint8Array(Buffer.concat([...parts, ...directory, end]));
}

const FILES: Record<string, Uint8Array> = {
  pdf: text("%PDF-1.7\n"),
  docx: zip(["[Content_Types].xml", "_rels/.rels", "word/document.xml"]),
  pptx: zip(["[Content_Types].xml", "ppt/presentation.xml"], "a comment"),
  xlsx: zip(["xl/workbook.xml", "[Content_Types].xml"]),
  png: new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0]),
  jpg: new Uint8Array([0xff, 0xd8, 0xff, 0xe0, 0]),
  html: text("<!doctype html><p>Öl"),
  md: text("# Öl"),
  txt: text("Öl"),
};
const MIMES: Record<string, string> = {
  pdf: "application/pdf",
  docx: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  pptx: "application/vnd.openxmlformats-officedocument.presentationml.presentation",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  png: "image/png",
  jpg: "image/jpeg",
  html: "text/html",
  md: "text/markdown",
  txt: "text/plain",
};
const TEXTS = ["html", "md", "txt"];

describe("the content of a file", () => {
  it.each(Object.keys(FILES))("of type %s is recognised", (kind) => {
    for (const [other, bytes] of Object.entries(FILES)) {
      const alike = kind === other ||
        TEXTS.includes(kind) && [...TEXTS, "pdf"].includes(other);
      expect([other, fileType(MIMES[kind])!.matches(bytes)]).toEqual([
        other,
        alike,
      ]);
    }
  });

  it("is recognised when no type is stated, and text by its name", () => {
    for (const [kind, bytes] of Object.entries(FILES)) {
      expect(recognise(bytes, `x.${kind}`)?.extension).toBe(kind);
      expect(recognise(bytes, "x")?.extension).toBe(
        kind === "md" ? "txt" : kind,
      );
    }
    expect(recognise(FILES.png, "x.txt")?.extension).toBe("png");
    expect(recognise(new Uint8Array([0xc3, 0x28]), "x.txt")).toBeUndefined();
  });

  it.each<[string, Uint8Array]>([
    ["a NUL", text("a\0b")],
    ["another encoding", new Uint8Array([0xd6, 0x6c])],
    ["UTF-16 without a byte order mark", new Uint8Array([0x41, 0, 0x42, 0])],
    ["UTF-16 cut off", new Uint8Array([0xff, 0xfe, 0x41, 0, 0x3d])],
    ["half a pair in UTF-16", new Uint8Array([0xff, 0xfe, 0x3d, 0xd8])],
    ["UTF-32", new Uint8Array([0xff, 0xfe, 0, 0, 0x41, 0, 0, 0])],
  ])("with %s is no text", (_case, bytes) => {
    for (const kind of TEXTS) {
      expect(fileType(MIMES[kind])!.matches(bytes)).toBe(false);
    }
  });

  it.each<[string, Uint8Array]>([
    ["little", new Uint8Array([0xff, 0xfe, 0x41, 0, 0x3d, 0xd8, 0, 0xde])],
    ["big", new Uint8Array([0xfe, 0xff, 0, 0x41])],
  ])(
    "in UTF-16 with a byte order mark, %s end first, is text",
    (_case, bytes) => {
      for (const kind of TEXTS) {
        expect(isOfType(bytes, fileType(MIMES[kind])!)).toBe(true);
      }
      expect(recognise(bytes, "x")?.extension).toBe("txt");
    },
  );

  it("distinguishes a PDF in ASCII from text, and a text with a PDF's header from a PDF", () => {
    const aboutPdfs = text(
      "Every PDF begins with %PDF-1.7, says the standard.",
    );
    expect(isOfType(FILES.pdf, fileType(MIMES.txt)!)).toBe(false);
    expect(recognise(FILES.pdf, "x.txt")?.extension).toBe("pdf");
    expect(recognise(aboutPdfs, "x.md")?.extension).toBe("md");
    expect(recognise(aboutPdfs, "x", MIMES.txt)?.extension).toBe("txt");
    expect(recognise(aboutPdfs, "x.pdf")?.extension).toBe("pdf");
  });

  it.each([
    // A misleading name.
    ["docx", "x.pdf", MIMES.pdf, "docx"],
    ["pdf", "x.docx", MIMES.docx, "pdf"],
    ["png", "notes.md", MIMES.md, "png"],
    // Text of which another type was stated is not what was meant.
    ["txt", "x.pdf", MIMES.pdf, undefined],
    ["txt", "x", MIMES.docx, undefined],
    ["txt", "x.png", UNDETERMINED, undefined],
    ["txt", "x", "image/gif", undefined],
    // The name decides the kind of text, else the stated type.
    ["md", "notes.md", MIMES.pdf, "md"],
    ["md", "notes.markdown", MIMES.txt, "md"],
    ["txt", "notes.txt", MIMES.md, "txt"],
    ["txt", "notes", MIMES.md, "md"],
    ["html", "page", UNDETERMINED, "html"],
    ["txt", "README", UNDETERMINED, "txt"],
    ["txt", "export.csv", "", "txt"],
  ])(
    "of %s, named %s and announced as %s, has the type %s",
    (kind, name, mime, expected) => {
      expect(recognise(FILES[kind], name, mime)?.extension).toBe(expected);
    },
  );

  it.each([
    ["a Word document", FILES.docx],
    ["a ZIP archive", zip(["a"])],
    ["text", FILES.md],
    ["an RTF document", text("{\\rtf1")],
    ["of unknown type", new Uint8Array([0, 1, 2])],
  ])("is described as %s", (expected, bytes) => {
    expect(describeContent(bytes)).toBe(expected);
  });

  it("is no Office file when it is another archive, a truncated one, or a contradictory one", () => {
    const docx = fileType(MIMES.docx)!;
    expect(docx.matches(zip(["word/document.xml"]))).toBe(false);
    expect(docx.matches(FILES.docx.subarray(0, -30))).toBe(false);
    expect(docx.matches(text("PK\x03\x04[Content_Types].xml word/"))).toBe(
      false,
    );
    const lying = FILES.docx.slice();
    new DataView(lying.buffer).setUint32(lying.length - 6, 0xffffffff, true);
    expect(docx.matches(lying)).toBe(false);
  });
});

describe("the announced type of a file", () => {
  it.each([
    ["x.pdf", "application/pdf", "pdf"],
    ["x.pdf", "", "pdf"],
    ["x.PDF", "application/octet-stream", "pdf"],
    ["x", "Application/PDF", "pdf"],
    ["x", "application/x-pdf", "pdf"],
    ["x", "application/pdf; qs=0.001", "pdf"],
    ["x.pdf", "PDF document", "pdf"],
    ["notes.md", "", "md"],
    ["notes.markdown", "application/octet-stream", "md"],
    ["notes.md", "text/plain;charset=utf-8", "md"],
    ["notes.md", "text/x-markdown", "md"],
    ["notes.txt", "text/markdown", "txt"],
    ["notes.txt", "text/x-log", "txt"],
    ["notes", "text/x-markdown", "md"],
    ["notes.pdf", "text/markdown", "md"],
    ["x.docx", "", "docx"],
    ["x.docx", "application/zip", "docx"],
    ["x.docx", "application/x-zip-compressed", "docx"],
    ["x.docx", "application/msword", "docx"],
    ["photo.JPEG", "", "jpg"],
    ["photo", "image/jpg", "jpg"],
    ["page.htm", "", "html"],
    ["../a.b/report.pdf ", "binary/octet-stream", "pdf"],
  ])("of %s as %j is %s", (name, stated, extension) => {
    expect(announcedMime(name, stated)).toBe(MIMES[extension]);
  });

  it.each([
    ["report", ""],
    ["Report 1.2", "application/octet-stream"],
    ["Minutes 2. May", ""],
    [".hidden", ""],
    ["x", "application/zip"],
  ])("of %s as %j is undetermined until the bytes arrive", (name, stated) => {
    expect(announcedMime(name, stated)).toBe(UNDETERMINED);
  });

  it.each([
    ["a.pdf", "image/gif", "image/gif"],
    ["a.pdf", "Application/X-MSDownload", "application/x-msdownload"],
    ["a.csv", "text/csv", "text/csv"],
    ["a.bin", "", ""],
    ["a.bin", "application/octet-stream", ""],
    ["a.zip", "application/zip", "application/zip"],
    ["a.doc", "application/msword", "application/msword"],
  ])("of %s as %j is not accepted", (name, stated, expected) => {
    expect(announcedMime(name, stated)).toBe(expected);
  });
});

describe("the directory of an archive", () => {
  it("lists its parts, in order", () => {
    const names = readDirectory(zip(["a", "b/c.xml"], "PK"))?.entries
      .map(({ name }) => name);
    expect(names).toEqual(["a", "b/c.xml"]);
  });

  it("is null for anything but an archive, and for one with more parts than it states", () => {
    const more = zip(["a", "b/c.xml"]);
    new DataView(more.buffer).setUint16(more.length - 12, 1, true);
    for (
      const bytes of [new Uint8Array(), text("PK"), new Uint8Array(100), more]
    ) {
      expect(readDirectory(bytes)).toBeNull();
    }
  });
});
