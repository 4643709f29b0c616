import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import process from "node:process";
import { deflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { sha256Hex } from "../_shared/hash.ts";
import { FILE_TYPES } from "./file_types.ts";
import {
  archiveOf,
  emptyBlocks,
  layeredPdfBomb,
  overlapping,
  type Part,
  pdfBomb,
  pdfFilledWith,
  pdfOf,
  pdfWithObjectStream,
  wordDocument,
  zeros,
} from "./testing/hostile_files.ts";
import { verifyContents } from "./verify_contents.ts";
import { verifyFile } from "./verify_file.ts";

const MIB = 1024 * 1024;
const MAX_PAGES = 200;
const MIMES = Object.fromEntries(
  FILE_TYPES.map(({ extension, mime }) => [extension, mime]),
);

async function codeOf(bytes: Uint8Array, extension: string) {
  const contents = await verifyContents(bytes, MIMES[extension], MAX_PAGES);
  return "fault" in contents ? contents.fault.code : null;
}

describe("a PDF", () => {
  const onDisk = async (path: string) => new Uint8Array(await readFile(new URL(path, import.meta.url)));

  it("from common writers is accepted", async () => {
    const handbook = await onDisk("../../../scripts/dev/demo/handbook.pdf");
    expect(await codeOf(handbook, "pdf")).toBeNull();
    const large = pdfOf([zeros(200)], { pages: 200 });
    expect(await codeOf(large, "pdf")).toBeNull();
  });

  it("that is damaged or encrypted is accepted, and left to the parser", async () => {
    const fixtures = "../../tests/e2e/fixtures";
    for (const name of ["truncated", "encrypted", "empty"]) {
      const bytes = await onDisk(`${fixtures}/${name}.pdf`);
      expect([name, await codeOf(bytes, "pdf")]).toEqual([name, null]);
    }
    const cut = pdfOf([zeros(1).subarray(0, 500)]);
    expect(await codeOf(cut, "pdf")).toBeNull();
  });

  it("is refused when two megabytes unpack to two gigabytes", async () => {
    const bomb = pdfBomb();
    expect(bomb.length).toBeLessThan(2.1 * MIB);
    expect(await codeOf(bomb, "pdf")).toBe("UNPACKS_TOO_LARGE");
  });

  it("is refused when its streams are packed twice", async () => {
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
  ])("is refused whatever its dictionary says: %j", async (dictionary) => {
    const bomb = pdfOf([zeros(300)], { dictionary });
    expect(await codeOf(bomb, "pdf")).toBe("UNPACKS_TOO_LARGE");
  });

  it("is refused when it has more streams than a document", async () => {
    const piece = deflateSync(Buffer.from("q"));
    const pieces = Array.from({ length: 10_001 }, () => piece);
    expect(await codeOf(pdfOf(pieces), "pdf")).toBe("UNPACKS_TOO_LARGE");
  });

  it("is refused at no cost when it states too many pages", async () => {
    expect(await codeOf(pdfOf([], { pages: 200 }), "pdf")).toBeNull();
    expect(await codeOf(pdfOf([], { pages: 201 }), "pdf")).toBe(
      "TOO_MANY_PAGES",
    );
    expect(await codeOf(pdfOf([], { pages: 2_000_000_000 }), "pdf")).toBe(
      "TOO_MANY_PAGES",
    );
  });

  it("counts its pages by its root alone, also when the tree is compressed", async () => {
    expect(await codeOf(pdfWithObjectStream(200), "pdf")).toBeNull();
    expect(await codeOf(pdfWithObjectStream(201), "pdf")).toBe(
      "TOO_MANY_PAGES",
    );
  });

  it.each([
    "<</Type/#50ages/Count 201>>",
    "<</Type/Page#73/Count 201>>",
    "<</#54#79#70#65/Pages/#43ount 201>>",
    "<</Type/#50#61#67#65#73/C#6funt 201>>",
    "<</Type/#50#61#67#65#73/C#6Funt 201>>",
  ])("cannot hide its pages by its spelling of names: %s", async (root) => {
    expect(await codeOf(amendedBy(root), "pdf")).toBe("TOO_MANY_PAGES");
  });

  it.each([
    "<</Type/Pages/Count +201>>",
    "<</Type/Pages/Count 201.>>",
    "<</Type/Pages/Count 000000000000000000201>>",
    "<</Type/Pages/Count 99999999999999999999999>>",
    "<</Type/Pages/Parent null/Count 201>>",
    "<</Type%comment >>\n/Pages\0/Count%\r201>>",
    "<</Type/Pages/Title(a \\) >>(b))/Count 201>>",
    "<</Title(an obj of /Pages)/Type/Pages/Count 201>>",
    "<</Type/Pages/Kids[<</Parent 1 0 R>>/Parent]/ID<3E3E>/Count 201>>",
  ])("is understood whatever the spelling of its root: %s", async (root) => {
    expect(await codeOf(amendedBy(root), "pdf")).toBe("TOO_MANY_PAGES");
  });

  it.each([
    "<</Type/#50ages/#50arent 1 0 R/Count 201>>",
    "<</Type/Pages/Count 201 0 R>>",
    "<</Type/Pages/Count(201)>>",
    "<</Type/Pages/Kids[/Count 201]>>",
    "<</Type/Pages#20/Count 201>>",
    "<</Type/Font/Pages<</Count 201>>>>",
    "(<</Type/Pages/Count 201>>)",
  ])(
    "is not refused for anything but a root with a count: %s",
    async (other) => {
      expect(await codeOf(amendedBy(other), "pdf")).toBeNull();
    },
  );

  it("cannot hide a compressed tree by its spelling of names", async () => {
    for (
      const names of [
        { type: "/O#62jStm" },
        { root: "/Page#73" },
        { type: "/#4fbj#53tm", root: "/#50ages" },
      ]
    ) {
      const pdf = pdfWithObjectStream(201, names);
      expect(await codeOf(pdf, "pdf")).toBe("TOO_MANY_PAGES");
    }
  });

  it("counts its current pages when it was updated", async () => {
    const amended = amendedBy("<</Type/Pages/Count 3/Kids[3 0 R]>>", 500);
    expect(await codeOf(amended, "pdf")).toBeNull();
  });

  it("counts its current pages when an earlier count is in a compressed object", async () => {
    const amended = Buffer.concat([
      pdfWithObjectStream(500),
      Buffer.from("2 0 obj<</Type/Pages/Count 3/Kids[3 0 R]>>endobj\n"),
    ]);
    expect(await codeOf(new Uint8Array(amended), "pdf")).toBeNull();
  });

  function amendedBy(object: string, pages = 1): Uint8Array {
    return new Uint8Array(Buffer.concat([
      pdfOf([], { pages }),
      Buffer.from(`2 0 obj\n${object}\nendobj\n`, "latin1"),
    ]));
  }
});

describe("an archive", () => {
  const file = (content: Uint8Array, rest: Partial<Part> = {}): Part => ({
    name: "word/media/x.bin",
    content,
    ...rest,
  });

  it("from common writers is accepted, with documents in it", async () => {
    const inner = wordDocument(file(randomBytes(1000)));
    for (const stored of [true, false]) {
      const outer = wordDocument(file(inner, { stored }), file(zerosOf(200)));
      expect(await codeOf(outer, "docx")).toBeNull();
    }
  });

  it("is refused for a huge ratio, whatever sizes it states", async () => {
    for (const claimed of [undefined, 10]) {
      const bomb = wordDocument(file(zerosOf(300), { claimed }));
      expect(bomb.length).toBeLessThan(MIB);
      for (const type of ["docx", "pptx", "xlsx"]) {
        expect(await codeOf(bomb, type)).toBe("UNPACKS_TOO_LARGE");
      }
    }
  });

  it("is refused when its archives together unpack to too much", async () => {
    const inner = archiveOf([file(zerosOf(40))]);
    const bomb = wordDocument(...Array.from({ length: 8 }, () => file(inner)));
    expect(await codeOf(bomb, "docx")).toBe("UNPACKS_TOO_LARGE");
  });

  it("is refused when archives are nested too deeply", async () => {
    let nested = archiveOf([file(Buffer.from("x"))]);
    for (let level = 0; level < 4; level++) nested = archiveOf([file(nested)]);
    expect(await codeOf(wordDocument(file(nested)), "docx")).toBe(
      "UNPACKS_TOO_LARGE",
    );
  });

  it("is refused before it is unpacked when its entries overlap", async () => {
    const once = wordDocument(file(zerosOf(10)));
    const bomb = overlapping(once, 5_000);
    expect(await codeOf(bomb, "docx")).toBe("ARCHIVE_IS_BROKEN");
  });

  it("is refused when its archives have too many entries", async () => {
    const entries = Array.from({ length: 900 }, () => file(Buffer.alloc(0)));
    for (const stored of [true, false]) {
      const inner = archiveOf(entries.map((entry) => ({ ...entry, stored })));
      const inners = Array.from({ length: 12 }, () => file(inner));
      expect(await codeOf(wordDocument(...inners), "docx")).toBe(
        "UNPACKS_TOO_LARGE",
      );
    }
  });

  it("is refused when it contradicts itself", async () => {
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
    "%s of a page's size is accepted, a gigantic one refused",
    async (type, image) => {
      expect(await codeOf(image(5000, 7000), type)).toBeNull();
      expect(await codeOf(image(65_000, 65_000), type)).toBe(
        "UNPACKS_TOO_LARGE",
      );
      expect(await codeOf(image(5000, 7000).subarray(0, 10), type)).toBeNull();
    },
  );
});

describe("verifying 25 MB takes a fraction of a function's CPU and memory", () => {
  const LARGEST = 25 * MIB;
  const noise = (bytes: number) => deflateSync(halfRandom(bytes), { level: 1 });
  const streams = (stream: Uint8Array, count: number) => pdfOf(Array.from({ length: count }, () => stream));
  const zlib = (deflated: Uint8Array) => Buffer.concat([Buffer.from([0x78, 0x9c]), deflated]);
  const tiny = deflateSync(Buffer.from("q")).toString("latin1");
  const objects = deflateSync(Buffer.from("<</Pages 1>>".repeat(20_000)));

  const pdfs: [string, string | null, () => Uint8Array][] = [
    ["a bomb", "UNPACKS_TOO_LARGE", pdfBomb],
    ["a bomb within a bomb", "UNPACKS_TOO_LARGE", layeredPdfBomb],
    ["what is hardly packed", null, () => streams(noise(8 * MIB), 8)],
    [
      "blocks that yield nothing",
      "UNPACKS_TOO_LARGE",
      () => pdfOf([zlib(emptyBlocks(285_000))]),
    ],
    [
      "overlapping streams",
      "UNPACKS_TOO_LARGE",
      () => {
        // Each is a stored block of 9 bytes, after which the next one's block begins.
        const block = Buffer.from([0, 9, 0, 0xf6, 0xff]);
        const stream = Buffer.concat([Buffer.from("stream\n"), zlib(block)]);
        return pdfOf([
          Buffer.alloc(9_000 * stream.length + 9, stream),
          Buffer.alloc(20 * MIB, Buffer.from([0, 0, 0, 0xff, 0xff])),
        ]);
      },
    ],
    [
      "ten thousand streams and a long tail",
      null,
      () => {
        const piece = Buffer.from(`stream\n${tiny}`, "latin1");
        const pieces = Buffer.alloc(9_900 * piece.length, piece);
        return pdfOf([pieces, randomBytes(20 * MIB)]);
      },
    ],
    [
      "a page tree of nested dictionaries",
      null,
      () =>
        pdfFilledWith(
          "1 0 obj<</Type/Pages/Kids[<<<<<<<<>>>>>>>>]/Count 1>>endobj\n",
          LARGEST,
        ),
    ],
    [
      "object streams of names",
      "UNPACKS_TOO_LARGE",
      () =>
        pdfFilledWith(
          `/ObjStm stream\n${objects.toString("latin1")}`,
          LARGEST,
        ),
    ],
    [
      "more streams than a document has",
      "UNPACKS_TOO_LARGE",
      () => pdfFilledWith("stream\nx\x9c", LARGEST),
    ],
    ...[
      "stream",
      "stream\r\n",
      "stream    \r",
      " ",
      "\0",
      "/",
      "/Pages",
      "/#50#61#67#65#73",
      "#50",
      "obj ",
      "xobj/Pages",
      "obj/Pages endobj ",
      "endobj ",
      "<<",
      "<</Pages",
      "<",
      "<0",
      "/Pages<0123456789ABCDEF",
      "(",
      "/Pages(",
      "/Pages[",
      "%",
      "/Type /Pages /Count 1 ",
    ].map((word): [string, null, () => Uint8Array] => [
      `${JSON.stringify(word)} repeated`,
      null,
      () => pdfFilledWith(word, LARGEST),
    ]),
  ];
  it.each(pdfs)("a PDF: %s", async (_what, code, make) => {
    expect(await measured(make(), "pdf")).toBe(code);
  });

  const archives: [string, string | null, () => Uint8Array][] = [
    ["a bomb", "UNPACKS_TOO_LARGE", () => wordDocument(part(zerosOf(300)))],
    ["noise", null, () => wordDocument(part(halfRandom(32 * MIB)))],
    [
      "a large archive in it",
      null,
      () => wordDocument(part(wordDocument(part(halfRandom(30 * MIB))))),
    ],
    [
      "as many entries as there may be",
      null,
      () =>
        wordDocument(
          ...Array.from({ length: 9_990 }, () => part(randomBytes(2_000))),
        ),
    ],
    [
      "more entries than its directory says",
      "ARCHIVE_IS_BROKEN",
      () => overlapping(wordDocument(), 400_000),
    ],
  ];
  it.each(archives)("an archive: %s", async (_what, code, make) => {
    expect(await measured(make(), "docx")).toBe(code);
  });

  it.each([
    ["padding", [0xff]],
    ["empty segments", [0xff, 0xe0, 0, 2]],
    ["segments of no length", [0xff, 0xe0, 0, 0]],
  ])("a JPEG: %s", async (_what, unit) => {
    const bytes = Buffer.alloc(LARGEST, Buffer.from(unit));
    const image = Buffer.concat([Buffer.from([0xff, 0xd8]), bytes]);
    expect(await measured(image.subarray(0, LARGEST), "jpg")).toBeNull();
  });

  it.each([
    ["html", "<p>\u65e5\u672c</p>"],
    ["txt", "a"],
    ["md", "\u00e9\u{1f600}"],
  ])("text: %s of %s", async (type, text) => {
    const unit = Buffer.from(text);
    const count = Math.floor(LARGEST / unit.length);
    expect(await measured(Buffer.alloc(count * unit.length, unit), type))
      .toBeNull();
  });

  /** It takes 0.05 to 0.3 s; on a busy machine twice as much. */
  async function measured(bytes: Uint8Array, extension: string) {
    expect(bytes.length).toBeLessThanOrEqual(LARGEST);
    const sha256 = await sha256Hex(bytes);
    const announced = {
      bytesLen: bytes.length,
      sha256,
      mime: MIMES[extension],
    };
    await forgetPeak();
    const held = await peakBytes();
    const before = process.cpuUsage();
    verifyFile(bytes, await sha256Hex(bytes), announced);
    const code = await codeOf(bytes, extension);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1e6).toBeLessThan(1.5);
    expect(await peakBytes() - held).toBeLessThan(150 * MIB);
    return code;
  }

  const part = (content: Uint8Array): Part => ({ name: "word/x", content });

  /** Of the kind that is costliest to unpack: a quarter is noise. */
  function halfRandom(bytes: number): Uint8Array {
    const content = Buffer.alloc(bytes);
    for (let at = 0; at < bytes; at += 16) {
      content.writeUInt32LE(Math.random() * 2 ** 32, at);
    }
    return content;
  }
});

/** The peak memory of this process on Linux; elsewhere its current memory. (proc_pid_status(5)) */
async function peakBytes(): Promise<number> {
  if (Deno.build.os !== "linux") return Deno.memoryUsage().rss;
  const status = await readFile("/proc/self/status", "utf8");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)![1]) * 1024;
}

async function forgetPeak(): Promise<void> {
  if (Deno.build.os === "linux") await writeFile("/proc/self/clear_refs", "5");
}

function zerosOf(mebibytes: number): Uint8Array {
  return Buffer.alloc(mebibytes * MIB);
}
