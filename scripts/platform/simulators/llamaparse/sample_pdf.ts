import { Buffer } from "node:buffer";
import PDFDocument from "pdfkit";

type Doc = InstanceType<typeof PDFDocument>;

/** Makes a PDF for a test. */
export function makePdf(
  draw: (doc: Doc) => void,
  options: ConstructorParameters<typeof PDFDocument>[0] = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const doc = new PDFDocument(options);
  const bytes = new Promise<Uint8Array<ArrayBuffer>>((resolve, reject) => {
    const parts: Uint8Array[] = [];
    doc.on("data", (part: Uint8Array) => parts.push(part));
    doc.on("end", () => resolve(new Uint8Array(Buffer.concat(parts))));
    doc.on("error", reject);
  });
  draw(doc);
  doc.end();
  return bytes;
}

/** A document of several pages, each with a heading and a sentence. */
export function makePages(count: number): Promise<Uint8Array<ArrayBuffer>> {
  return makePdf((doc) => {
    for (let number = 1; number <= count; number++) {
      if (number > 1) doc.addPage();
      doc.font("Helvetica-Bold").fontSize(18).text(`Chapter ${number}`);
      doc.font("Helvetica").fontSize(11).text(
        `This is what page ${number} has to say, in one sentence of its own.`,
      );
    }
  });
}

/**
 * A page whose font is not embedded, as is usual of Japanese documents: what its codes mean is said by a CMap that the
 * reader must have.
 *
 * @param lines at most 20, each of characters of the Basic Multilingual Plane
 */
export function makeJapanesePage(
  lines: string[],
  writing: "horizontal" | "vertical" = "horizontal",
): Uint8Array<ArrayBuffer> {
  const hex = (text: string) =>
    [...text].map((c) => c.charCodeAt(0).toString(16).padStart(4, "0")).join(
      "",
    );
  const step = writing === "horizontal" ? "0 -20 Td" : "-20 0 Td";
  const start = writing === "horizontal" ? "72 700 Td" : "500 700 Td";
  const content = `BT /F1 12 Tf ${start} ${lines.map((line) => `<${hex(line)}> Tj ${step}`).join(" ")} ET`;
  const cmap = writing === "horizontal" ? "UniJIS-UTF16-H" : "UniJIS-UTF16-V";
  return pdfOf([
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    `<< /Type /Font /Subtype /Type0 /BaseFont /HeiseiMin-W3 /Encoding /${cmap} /DescendantFonts [6 0 R] >>`,
    "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /HeiseiMin-W3 /CIDSystemInfo << /Registry (Adobe) /Ordering (Japan1) /Supplement 2 >> /FontDescriptor 7 0 R /DW 1000 >>",
    "<< /Type /FontDescriptor /FontName /HeiseiMin-W3 /Flags 4 /FontBBox [0 -200 1000 900] /ItalicAngle 0 /Ascent 800 /Descent -200 /CapHeight 700 /StemV 80 >>",
  ]);
}

/** A file of these objects, numbered from 1; the first is the catalogue. */
function pdfOf(objects: string[]): Uint8Array<ArrayBuffer> {
  let text = "%PDF-1.4\n";
  const offsets = objects.map((object, index) => {
    const offset = text.length;
    text += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const entries = offsets.map((offset) => `${String(offset).padStart(10, "0")} 00000 n \n`);
  const size = objects.length + 1;
  text += `xref\n0 ${size}\n0000000000 65535 f \n${entries.join("")}` +
    `trailer\n<< /Size ${size} /Root 1 0 R >>\nstartxref\n${text.length}\n%%EOF\n`;
  return new TextEncoder().encode(text);
}
