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
