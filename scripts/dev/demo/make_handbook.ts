import { Buffer } from "node:buffer";
import PDFDocument from "pdfkit";
import { type Block, HANDBOOK } from "./handbook_text.ts";

const INK = "#1d2a33";
const MUTED = "#5f707b";
const ACCENT = "#0f5c6e";
const RULE = "#c9d3d8";
const MARGIN = { top: 58, bottom: 64, left: 68, right: 68 };
const BODY_SIZE = 10.5;
const HEADINGS = {
  1: { size: 16, before: 18, after: 6, color: ACCENT },
  2: { size: 12, before: 11, after: 3, color: INK },
} as const;

type Doc = InstanceType<typeof PDFDocument>;

/**
 * Lays out the demo's handbook. The same input gives the same bytes: the date is fixed (the file's id is derived from
 * it), only standard fonts are used, and nothing is compressed, because the compressor's output may change with the
 * runtime.
 */
export function makeHandbook(): Promise<Uint8Array> {
  const doc = new PDFDocument({
    size: "A4",
    margins: MARGIN,
    compress: false,
    bufferPages: true,
    lang: "en",
    displayTitle: true,
    info: {
      Title: `${HANDBOOK.title}: ${HANDBOOK.subtitle}`,
      CreationDate: new Date("2026-01-01T00:00:00Z"),
    },
  });
  const bytes = collect(doc);

  drawTitle(doc);
  for (const block of HANDBOOK.blocks) drawBlock(doc, block);
  drawFooters(doc);
  doc.end();
  return bytes;
}

function collect(doc: Doc): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const parts: Uint8Array[] = [];
    doc.on("data", (part: Uint8Array) => parts.push(part));
    doc.on("end", () => resolve(new Uint8Array(Buffer.concat(parts))));
    doc.on("error", reject);
  });
}

function drawTitle(doc: Doc): void {
  doc.rect(0, 0, doc.page.width, 10).fill(ACCENT);
  doc.font("Helvetica-Bold").fontSize(28).fillColor(INK).text(HANDBOOK.title);
  doc.font("Helvetica").fontSize(15).fillColor(ACCENT).text(HANDBOOK.subtitle);
  doc.moveDown(0.5);
  doc.font("Helvetica-Oblique").fontSize(11).fillColor(MUTED)
    .text(HANDBOOK.introduction, { lineGap: 3 });
}

function drawBlock(doc: Doc, block: Block): void {
  switch (block.kind) {
    case "heading": {
      const { size, before, after, color } = HEADINGS[block.level];
      if (doc.y > MARGIN.top) doc.y += before;
      doc.font("Helvetica-Bold").fontSize(size).fillColor(color)
        .text(block.text);
      doc.y += after;
      break;
    }
    case "paragraph":
      body(doc).text(block.text, { lineGap: 3.2 });
      doc.y += 5;
      break;
    case "bullets":
      for (const item of block.items) drawBullet(doc, item);
      doc.y += 3;
      break;
    case "table":
      drawTable(doc, block);
      break;
    case "page_break":
      doc.addPage();
      break;
  }
}

function body(doc: Doc): Doc {
  return doc.font("Helvetica").fontSize(BODY_SIZE).fillColor(INK);
}

function drawBullet(doc: Doc, item: string): void {
  const { y } = doc;
  body(doc).text("•", MARGIN.left + 6, y);
  doc.text(item, MARGIN.left + 20, y, { lineGap: 3.2 });
  doc.x = MARGIN.left;
  doc.y += 1.5;
}

function drawTable(doc: Doc, table: Block & { kind: "table" }): void {
  doc.y += 4;
  doc.font("Helvetica-Oblique").fontSize(9.5).fillColor(MUTED)
    .text(table.caption);
  doc.y += 5;

  const width = doc.page.width - MARGIN.left - MARGIN.right;
  const total = table.widths.reduce((sum, share) => sum + share, 0);
  body(doc).fontSize(10);
  doc.table({
    columnStyles: table.widths.map((share) => width * share / total),
    rowStyles: (row) => ({
      border: [row === 0 ? 1 : 0, 0, row === 0 ? 1 : 0.5, 0],
      borderColor: row === 0 ? ACCENT : RULE,
      backgroundColor: row === 0 ? "#e6f0f2" : undefined,
      padding: [5, 6, 4, 6],
      textColor: INK,
    }),
    data: [
      table.header.map((text) => ({ text, font: { src: "Helvetica-Bold" } })),
      ...table.rows,
    ],
  });
  doc.x = MARGIN.left;
  doc.y += 10;
}

function drawFooters(doc: Doc): void {
  const { start, count } = doc.bufferedPageRange();
  for (let page = start; page < start + count; page++) {
    doc.switchToPage(page);
    // The footer is in the bottom margin, where text would otherwise open a new page.
    doc.page.margins.bottom = 0;
    const y = doc.page.height - 46;
    const width = doc.page.width - MARGIN.left - MARGIN.right;
    doc.moveTo(MARGIN.left, y - 8).lineTo(MARGIN.left + width, y - 8)
      .lineWidth(0.5).stroke(RULE);
    doc.font("Helvetica").fontSize(8.5).fillColor(MUTED);
    doc.text(`${HANDBOOK.title}, ${HANDBOOK.subtitle}`, MARGIN.left, y);
    doc.text(`Page ${page + 1} of ${count}`, MARGIN.left, y, {
      width,
      align: "right",
    });
  }
}

if (import.meta.main) {
  const path = new URL("./handbook.pdf", import.meta.url);
  await Deno.writeFile(path, await makeHandbook());
}
