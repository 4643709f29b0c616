import { Buffer } from "node:buffer";
import PDFDocument from "pdfkit";

const PARAGRAPHS = 6;

/** A PDF of one page; each number makes another text and other bytes. */
export function makeDocument(number: string): Promise<Uint8Array> {
  const doc = new PDFDocument({
    compress: false,
    info: { CreationDate: new Date("2026-01-01T00:00:00Z") },
  });
  const bytes = new Promise<Uint8Array>((resolve, reject) => {
    const parts: Uint8Array[] = [];
    doc.on("data", (part: Uint8Array) => parts.push(part));
    doc.on("end", () => resolve(new Uint8Array(Buffer.concat(parts))));
    doc.on("error", reject);
  });
  doc.font("Helvetica-Bold").fontSize(16).text(`Report ${number}`);
  doc.font("Helvetica").fontSize(10);
  for (let paragraph = 1; paragraph <= PARAGRAPHS; paragraph++) {
    doc.moveDown().text(
      `Paragraph ${paragraph} of report ${number}. The harbour office counted the boats that came in, the boats that went ` +
        "out and those that stayed over winter. It wrote the sums into its book, in ink, and had them checked by a second " +
        "clerk, who found nothing to correct and signed below.",
    );
  }
  doc.end();
  return bytes;
}

/** Does the work for each item, `atOnce` at a time. */
export async function eachOf<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  await Promise.all(
    Array.from({ length: Math.min(atOnce, items.length) }, async () => {
      for (const item of queue) await work(item);
    }),
  );
}
