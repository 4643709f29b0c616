import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { deflateSync } from "node:zlib";
import { Random } from "../../../dev/seeded_random.ts";
import { makeDocument } from "../../../platform/test_stack/documents.ts";

/** The limits of a new database: pipeline_internal.limits. */
export const LARGEST = {
  fileBytes: 25 * 2 ** 20,
  textBytes: 3 * 2 ** 20,
  pages: 200,
};

/** Writes about this many bytes of Markdown. */
type Writer = (bytes: number, random: Random) => string;

/** Kinds of text that cost stages different amounts of work. */
export const KINDS: Record<string, Writer> = {
  english: paragraphs(
    "the office of this harbour counted boats that came in and went out wrote sums into its book a clerk compared them with those of years before",
    " ",
    ". ",
  ),
  japanese: paragraphs(
    "この 港 の 事務所 は 入港 した 船 を 数え 帳簿 に 記し 前年 と 比べ ました 延滞料 が かかり ます",
    "",
    "。",
  ),
  // Letters only: a digit or a mark would end a word for the tokenizer.
  "no spaces": (bytes, random) =>
    Array.from(
      { length: bytes },
      () => String.fromCharCode(random.between(97, 122)),
    ).join(""),
  tables: (bytes, random) => {
    const rows = ["| Code | Service | Fee |", "| --- | --- | ---: |"];
    for (let length = 0; length < bytes;) {
      const code = `AB-${random.hex(4)}`;
      const row = `| ${code} | service of berth ${random.between(1, 400)} | ${random.between(1, 90_000)} |`;
      length += row.length + 1;
      rows.push(row);
    }
    return rows.join("\n");
  },
};

function paragraphs(words: string, space: string, stop: string): Writer {
  const known = words.split(" ");
  return (bytes, random) => {
    const parts: string[] = [];
    for (let length = 0, n = 0; length < bytes; n++) {
      if (n % 12 === 0) parts.push(`\n\n## ${random.pick(known)} ${n}\n\n`);
      const sentence = Array.from(
        { length: random.between(6, 20) },
        () => random.pick(known),
      ).join(space) + stop;
      length += new TextEncoder().encode(sentence).length;
      parts.push(sentence);
    }
    return parts.join("");
  };
}

/** A document's pages from the parser, with the largest allowed text or this share of it. */
export function pagesOf(kind: string, share: number): string[] {
  const random = new Random(1);
  const pages = Math.ceil(LARGEST.pages * share);
  // Page separators and headings come on top.
  const bytes = Math.floor(LARGEST.textBytes * share * 0.97 / pages);
  return Array.from(
    { length: pages },
    (_, page) => `# Page ${page + 1}\n\n${KINDS[kind](bytes, random)}`,
  );
}

/** A PDF of the largest allowed size whose streams are barely compressed: the costliest legitimate file to inspect. */
export async function largePdf(share: number): Promise<Uint8Array> {
  const content = new Uint8Array(4 * 2 ** 20);
  for (let at = 0; at < content.length; at += 16) {
    content.set(randomBytes(4), at);
  }
  const stream = deflateSync(content, { level: 1 });
  const most = Math.floor(LARGEST.fileBytes * share) - 256 * 1024;
  const count = Math.floor(most / stream.length);
  const rest = randomBytes(most - count * stream.length);
  const readable = await makeDocument(crypto.randomUUID());
  // The same cross-reference table again, after streams that no page shows: readers begin at the end.
  const [end] = /startxref\s+\d+\s+%%EOF\s*$/.exec(
    new TextDecoder("latin1").decode(readable),
  )!;
  return new Uint8Array(Buffer.concat([
    readable,
    ...[...Array.from({ length: count }, () => stream), rest].map((data) =>
      Buffer.concat([Buffer.from("stream\n"), data])
    ),
    Buffer.from(`\n${end}`),
  ]));
}
