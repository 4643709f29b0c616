import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import process from "node:process";
import { deflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { FILE_TYPES } from "../_shared/file_types.ts";
import {
  archiveOf,
  layeredPdfBomb,
  overlapping,
  type Part,
  pdfBomb,
  pdfOf,
  pdfWithObjectStream,
  wordDocument,
  zeros,
} from "./hostile_files.ts";
import { verifyContents } from "./verify_contents.ts";

const MIB = 1024 * 1024;
const MAX_PAGES = 200;
const MIMES = Object.fromEntries(
  FILE_TYPES.map(({ extension, mime }) => [extension, mime]),
);

async function codeOf(bytes: Uint8Array, extension: string) {
  const fault = await verifyContents(bytes, MIMES[extension], MAX_PAGES);
  return fault?.code ?? null;
}

describe("a PDF", () => {
  const onDisk = async (path: string) =>
    new Uint8Array(await readFile(new URL(path, import.meta.url)));

  it("as people write them is let through", async () => {
    const handbook = await onDisk("../../../scripts/demo/handbook.pdf");
    expect(await codeOf(handbook, "pdf")).toBeNull();
    const large = pdfOf([zeros(200)], { pages: 200 });
    expect(await codeOf(large, "pdf")).toBeNull();
  });

  it("that is damaged or encrypted is left to the parser, which says so", async () => {
    const fixtures = "../../tests/e2e/fixtures";
    for (const name of ["truncated", "encrypted", "empty"]) {
      const bytes = await onDisk(`${fixtures}/${name}.pdf`);
      expect([name, await codeOf(bytes, "pdf")]).toEqual([name, null]);
    }
    const cut = pdfOf([zeros(1).subarray(0, 500)]);
    expect(await codeOf(cut, "pdf")).toBeNull();
  });

  it("of two megabytes that unpacks to two gigabytes is refused", async () => {
    const bomb = pdfBomb();
    expect(bomb.length).toBeLessThan(2.1 * MIB);
    expect(await codeOf(bomb, "pdf")).toBe("UNPACKS_TOO_LARGE");
  });

  it("whose streams are packed twice is refused too", async () => {
    const bomb = layeredPdfBomb();
    expect(bomb.length).toBeLessThan(16 * 1024);
    expect(await codeOf(bomb, "pdf")).toBe("UNPACKS_TOO_LARGE");
  });

  it.each([
    "/Filter 9 0 R",
    "/Filter /#46lateDecode",
    "/Filter /Fl",
    "/Length 7",
    "",
  ])("cannot hide that by its dictionary: %j", async (dictionary) => {
    const bomb = pdfOf([zeros(300)], { dictionary });
    expect(await codeOf(bomb, "pdf")).toBe("UNPACKS_TOO_LARGE");
  });

  it("in more pieces than a document has is refused", async () => {
    const piece = deflateSync(Buffer.from("q"));
    const pieces = Array.from({ length: 10_001 }, () => piece);
    expect(await codeOf(pdfOf(pieces), "pdf")).toBe("UNPACKS_TOO_LARGE");
  });

  it("that says it has more pages than are taken is refused before anything is paid", async () => {
    expect(await codeOf(pdfOf([], { pages: 200 }), "pdf")).toBeNull();
    expect(await codeOf(pdfOf([], { pages: 201 }), "pdf")).toBe(
      "TOO_MANY_PAGES",
    );
    expect(await codeOf(pdfOf([], { pages: 2_000_000_000 }), "pdf")).toBe(
      "TOO_MANY_PAGES",
    );
  });

  it("is believed about its pages when the tree is compressed, and by its root alone", async () => {
    expect(await codeOf(pdfWithObjectStream(200), "pdf")).toBeNull();
    expect(await codeOf(pdfWithObjectStream(201), "pdf")).toBe(
      "TOO_MANY_PAGES",
    );
  });

  it("that was amended is believed about its pages as it is now", async () => {
    const amended = Buffer.concat([
      pdfOf([], { pages: 500 }),
      Buffer.from("2 0 obj\n<</Type/Pages/Count 3/Kids[3 0 R]>>\nendobj\n"),
    ]);
    expect(await codeOf(new Uint8Array(amended), "pdf")).toBeNull();
  });
});

describe("an archive", () => {
  const file = (content: Uint8Array, rest: Partial<Part> = {}): Part => ({
    name: "word/media/x.bin",
    content,
    ...rest,
  });

  it("as people write them is let through, with documents in it", async () => {
    const inner = wordDocument(file(randomBytes(1000)));
    for (const stored of [true, false]) {
      const outer = wordDocument(file(inner, { stored }), file(zerosOf(200)));
      expect(await codeOf(outer, "docx")).toBeNull();
    }
  });

  it("with a huge ratio is refused, whatever it claims", async () => {
    for (const claimed of [undefined, 10]) {
      const bomb = wordDocument(file(zerosOf(300), { claimed }));
      expect(bomb.length).toBeLessThan(MIB);
      for (const type of ["docx", "pptx", "xlsx"]) {
        expect(await codeOf(bomb, type)).toBe("UNPACKS_TOO_LARGE");
      }
    }
  });

  it("of archives that are bombs together is refused", async () => {
    const inner = archiveOf([file(zerosOf(40))]);
    const bomb = wordDocument(...Array.from({ length: 8 }, () => file(inner)));
    expect(await codeOf(bomb, "docx")).toBe("UNPACKS_TOO_LARGE");
  });

  it("in an archive in an archive without end is refused", async () => {
    let nested = archiveOf([file(Buffer.from("x"))]);
    for (let level = 0; level < 4; level++) nested = archiveOf([file(nested)]);
    expect(await codeOf(wordDocument(file(nested)), "docx")).toBe(
      "UNPACKS_TOO_LARGE",
    );
  });

  it("whose entries overlap is refused, before anything is unpacked", async () => {
    const once = wordDocument(file(zerosOf(10)));
    const bomb = overlapping(once, 5_000);
    expect(await codeOf(bomb, "docx")).toBe("ARCHIVE_IS_BROKEN");
  });

  it("that contradicts itself is refused", async () => {
    const sound = wordDocument(file(Buffer.from("x")));
    const at = Buffer.from(sound).readUInt32LE(sound.length - 6);
    const changed = (offset: number, value: number) => {
      const bytes = Buffer.from(sound);
      bytes.writeUInt32LE(value, offset);
      return new Uint8Array(bytes);
    };
    for (
      const bytes of [
        changed(at + 42, 7), // where its first part is
        changed(at + 20, 0x7fffffff), // how long that is
        changed(at + 10, 99), // how it is packed
        sound.subarray(0, -1),
      ]
    ) {
      expect(await codeOf(bytes, "docx")).toBe("ARCHIVE_IS_BROKEN");
    }
  });
});

describe("an image", () => {
  const png = (width: number, height: number) => {
    const bytes = Buffer.alloc(33);
    bytes.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
    bytes.writeUInt32BE(width, 16);
    bytes.writeUInt32BE(height, 20);
    return new Uint8Array(bytes);
  };
  const jpeg = (width: number, height: number) => {
    const frame = Buffer.from([0xff, 0xc0, 0, 17, 8, 0, 0, 0, 0, 3]);
    frame.writeUInt16BE(height, 5);
    frame.writeUInt16BE(width, 7);
    const comment = Buffer.from([0xff, 0xfe, 0, 4, 1, 2, 0xff]);
    const start = Buffer.from([0xff, 0xd8]);
    return new Uint8Array(Buffer.concat([start, comment, frame]));
  };

  it.each([["png", png], ["jpg", jpeg]] as const)(
    "%s of a size that a page has is let through, a gigantic one refused",
    async (type, image) => {
      expect(await codeOf(image(5000, 7000), type)).toBeNull();
      expect(await codeOf(image(65_000, 65_000), type)).toBe(
        "UNPACKS_TOO_LARGE",
      );
      expect(await codeOf(image(5000, 7000).subarray(0, 10), type)).toBeNull();
    },
  );
});

describe("the look into a file stays within the function's limits", () => {
  // Of the costliest kinds: what is hardly packed, and what is in very many pieces.
  const halfRandom = () => {
    const bytes = Buffer.alloc(32 * MIB);
    for (let at = 0; at < bytes.length; at += 16) {
      bytes.writeUInt32LE(Math.random() * 2 ** 32, at);
    }
    return deflateSync(bytes, { level: 1 });
  };
  it.each([
    ["a bomb", pdfBomb],
    ["a bomb within a bomb", layeredPdfBomb],
    ["much that is hardly packed", () => {
      const stream = halfRandom();
      const times = Math.floor(25 * MIB / stream.length);
      return pdfOf(Array.from({ length: times }, () => stream));
    }],
    ["ten thousand pieces and a long tail", () => {
      const piece = deflateSync(Buffer.from("q"));
      const pieces = Array.from({ length: 9_900 }, () => piece);
      return pdfOf([...pieces, randomBytes(20 * MIB)]);
    }],
    ["a page tree that is all tree", () => {
      const node =
        "1 0 obj<</Type/Pages/Kids[<<<<<<<<>>>>>>>>]/Count 1>>endobj\n";
      return new Uint8Array(Buffer.from("%PDF-1.7\n" + node.repeat(380_000)));
    }],
  ])("%s: 2 s of CPU, 256 MB", async (_what, make) => {
    const bytes = make();
    expect(bytes.length).toBeLessThan(25 * MIB);
    const rssBefore = Deno.memoryUsage().rss;
    let most = 0;
    const sample = setInterval(() => {
      most = Math.max(most, Deno.memoryUsage().rss - rssBefore);
    }, 10);
    const before = process.cpuUsage();
    await verifyContents(bytes, MIMES.pdf, MAX_PAGES);
    const { user, system } = process.cpuUsage(before);
    clearInterval(sample);
    expect((user + system) / 1e6).toBeLessThan(2);
    expect(most).toBeLessThan(150 * MIB);
  });
});

function zerosOf(mebibytes: number): Uint8Array {
  return Buffer.alloc(mebibytes * MIB);
}
