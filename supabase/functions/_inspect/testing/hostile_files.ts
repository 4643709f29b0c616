import { Buffer } from "node:buffer";
import { crc32, deflateRawSync, deflateSync } from "node:zlib";

/*
 * Small files that unpack to enormous ones, and archives that mislead their
 * readers; for tests. None of them is stored: each is created when a test needs
 * it.
 */

const MIB = 1024 * 1024;

/** A PDF of one page whose contents are these streams, deflated. */
export function pdfOf(
  streams: Uint8Array[],
  { pages = 1, dictionary = "/Filter /FlateDecode" } = {},
): Uint8Array {
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    `<< /Type /Pages /Kids [3 0 R] /Count ${pages} >>`,
    `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] /Contents [${
      streams.map((_, index) => `${index + 4} 0 R`).join(" ")
    }] >>`,
  ].map((text) => Buffer.from(text));
  for (const stream of streams) {
    objects.push(Buffer.concat([
      Buffer.from(`<< /Length ${stream.length} ${dictionary} >>\nstream\n`),
      stream,
      Buffer.from("\nendstream"),
    ]));
  }
  const parts: Uint8Array[] = [Buffer.from("%PDF-1.7\n")];
  let length = parts[0].length;
  const offsets = objects.map((object, index) => {
    const at = length;
    const part = Buffer.concat([
      Buffer.from(`${index + 1} 0 obj\n`),
      object,
      Buffer.from("\nendobj\n"),
    ]);
    parts.push(part);
    length += part.length;
    return at;
  });
  const rows = offsets.map((at) => `${String(at).padStart(10, "0")} 00000 n \n`);
  parts.push(Buffer.from(
    `xref\n0 ${rows.length + 1}\n0000000000 65535 f \n${rows.join("")}` +
      `trailer << /Size ${rows.length + 1} /Root 1 0 R >>\nstartxref\n${length}\n%%EOF\n`,
  ));
  return new Uint8Array(Buffer.concat(parts));
}

const packed = new Map<number, Uint8Array>();

/**
 * Deflated zeros: a thousandth of their unpacked size. Created once, because compressing them takes longer than most
 * tests.
 */
export function zeros(mebibytes: number): Uint8Array {
  const known = packed.get(mebibytes);
  if (known) return known;
  const stream = deflateSync(Buffer.alloc(mebibytes * MIB));
  packed.set(mebibytes, stream);
  return stream;
}

/** Two gigabytes in two megabytes. */
export function pdfBomb(): Uint8Array {
  const stream = zeros(128);
  return pdfOf(Array.from({ length: 16 }, () => stream));
}

/** The same in a few kilobytes: the unpacked data must be unpacked again. */
export function layeredPdfBomb(): Uint8Array {
  const twice = deflateSync(zeros(512));
  return pdfOf([twice, twice, twice, twice], {
    dictionary: "/Filter [/FlateDecode /FlateDecode]",
  });
}

/**
 * Deflated blocks that define their own codes and yield nothing: much work in few bytes, eight blocks in 91. (RFC 1951,
 * 3.2.7: literals 0 and 256 and distance 0 have codes of one bit.)
 */
export function emptyBlocks(eights: number): Uint8Array {
  const lengthsOfLengths = `000 000 100 ${"000 ".repeat(14)} 100`;
  const lengths = "0 1 1111111 1 0101011 0 0";
  const block = `0 01 00000 00000 0111 ${lengthsOfLengths} ${lengths} 1`;
  const bits = block.repeat(8).replaceAll(" ", "");
  const bytes = bits.match(/.{8}/g)!.map((lowestFirst) => parseInt([...lowestFirst].reverse().join(""), 2));
  return Buffer.alloc(eights * bytes.length, Buffer.from(bytes));
}

/** This many bytes of a PDF that repeats one word. */
export function pdfFilledWith(word: string, bytes: number): Uint8Array {
  const file = Buffer.alloc(bytes, word, "latin1");
  file.write("%PDF-1.7\n1 0 obj ", "latin1");
  return new Uint8Array(file);
}

/** A PDF whose page tree is in a compressed object stream, as in most PDFs today. */
export function pdfWithObjectStream(
  pages: number,
  { type = "/ObjStm", root = "/Pages" } = {},
): Uint8Array {
  const nodes = [
    `<</Type${root}/Count ${pages}/Kids[3 0 R]/Resources<</Font<</F1 9 0 R>>>>/ID<00FF>>>`,
    "<</Type/Pages/Parent 2 0 R/Count 7/Kids[]/Resources<</Font<</F1 9 0 R>>>>>>",
  ];
  const header = `2 0 3 ${nodes[0].length + 1} `;
  return pdfOf([deflateSync(Buffer.from(header + nodes.join("\n")))], {
    dictionary: `/Type ${type} /N 2 /First ${header.length} /Filter /FlateDecode`,
  });
}

export interface Part {
  name: string;
  content: Uint8Array;
  /** The bytes in the archive; deflated if omitted. */
  stored?: boolean;
  /** The size that the archive states, if not the true one. */
  claimed?: number;
}

/** A ZIP archive in the usual layout. */
export function archiveOf(parts: Part[]): Uint8Array {
  const body: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content, stored = false, claimed } of parts) {
    const data = stored ? Buffer.from(content) : deflateRawSync(content);
    const facts = Buffer.alloc(26);
    facts.writeUInt16LE(20, 0);
    facts.writeUInt16LE(stored ? 0 : 8, 4);
    facts.writeUInt32LE(crc32(content), 10);
    facts.writeUInt32LE(data.length, 14);
    facts.writeUInt32LE(claimed ?? content.length, 18);
    facts.writeUInt16LE(name.length, 22);
    body.push(signature(0x04034b50), facts, Buffer.from(name), data);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    directory.push(
      signature(0x02014b50),
      Buffer.from([20, 0]),
      facts,
      place,
      Buffer.from(name),
    );
    offset += 30 + name.length + data.length;
  }
  const listed = Buffer.concat(directory);
  return new Uint8Array(
    Buffer.concat([...body, listed, endOf(parts.length, listed, offset)]),
  );
}

/** The archive with more entries in its directory, all of which name the first one's bytes. */
export function overlapping(archive: Uint8Array, times: number): Uint8Array {
  const bytes = Buffer.from(archive);
  const end = bytes.length - 22;
  const count = bytes.readUInt16LE(end + 10);
  const at = bytes.readUInt32LE(end + 16);
  const first = bytes.subarray(at, at + 46 + bytes.readUInt16LE(at + 28));
  const listed = Buffer.concat([
    bytes.subarray(at, end),
    ...Array.from({ length: times }, () => first),
  ]);
  return new Uint8Array(
    Buffer.concat([
      bytes.subarray(0, at),
      listed,
      endOf(count + times, listed, at),
    ]),
  );
}

/** The parts that make an archive a Word document, and one more. */
export function wordDocument(...parts: Part[]): Uint8Array {
  const xml = (name: string) => ({ name, content: Buffer.from("<x/>") });
  return archiveOf([
    xml("[Content_Types].xml"),
    xml("word/document.xml"),
    ...parts,
  ]);
}

function signature(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function endOf(count: number, directory: Buffer, at: number): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(count & 0xffff, 8);
  end.writeUInt16LE(count & 0xffff, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  return end;
}
