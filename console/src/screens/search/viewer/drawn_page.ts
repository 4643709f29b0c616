import { type PDFPageProxy, TextLayer } from "pdfjs-dist";
import type { Mark } from "./locate.ts";
import { type Pdf, rethrow, withinTime } from "./pdf.ts";

/** A page as it is drawn: a picture with its text, which can be selected, over it. */
export interface DrawnPage {
  element: HTMLElement;
  /** CSS pixels. */
  height: number;
}

/** The most pixels of a canvas that browsers have memory for. */
const MOST_PIXELS = 16_000_000;

/**
 * Draws a page as wide as asked, with marks on its text.
 * @throws {UnviewableError}; the signal's reason
 */
export async function drawPage(
  pdf: Pdf,
  { number, width, marks, signal }: { number: number; width: number; marks: readonly Mark[]; signal: AbortSignal },
): Promise<DrawnPage> {
  const page = await pdf.page(number);
  signal.throwIfAborted();
  const viewport = page.getViewport({ scale: width / page.getViewport({ scale: 1 }).width });
  const canvas = await drawCanvas(page, viewport, signal);
  const textContentSource = await pdf.text(number);
  signal.throwIfAborted();
  const layer = document.createElement("div");
  layer.className = "text-layer";
  const text = new TextLayer({ textContentSource, container: layer, viewport });
  await withinTime(text.render()).catch(rethrow);
  signal.throwIfAborted();
  mark(text.textDivs, marks);
  const element = document.createElement("div");
  element.className = "page";
  element.style.setProperty("--total-scale-factor", String(viewport.scale));
  element.style.width = `${viewport.width}px`;
  element.style.height = `${viewport.height}px`;
  element.append(canvas, layer);
  return { element, height: viewport.height };
}

async function drawCanvas(
  page: PDFPageProxy,
  viewport: ReturnType<PDFPageProxy["getViewport"]>,
  signal: AbortSignal,
): Promise<HTMLCanvasElement> {
  const { width, height } = viewport;
  const density = Math.min(devicePixelRatio || 1, Math.sqrt(MOST_PIXELS / (width * height)));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.floor(width * density));
  canvas.height = Math.max(1, Math.floor(height * density));
  // Its text is in the layer above.
  canvas.setAttribute("aria-hidden", "true");
  const drawing = page.render({ canvas, viewport, transform: [density, 0, 0, density, 0, 0] });
  const cancel = () => drawing.cancel();
  signal.addEventListener("abort", cancel);
  try {
    await withinTime(drawing.promise);
  } catch (error) {
    cancel();
    signal.throwIfAborted();
    rethrow(error);
  } finally {
    signal.removeEventListener("abort", cancel);
  }
  return canvas;
}

/** Wraps the marked parts of the text layer's pieces. */
function mark(pieces: HTMLElement[], marks: readonly Mark[]): void {
  const byPiece = new Map<number, Mark[]>();
  for (const mark of marks) byPiece.set(mark.piece, [...byPiece.get(mark.piece) ?? [], mark]);
  for (const [piece, own] of byPiece) {
    const element = pieces[piece];
    // pdf.js leaves out the text of a page that has more than anyone reads.
    if (!element) continue;
    const text = element.textContent ?? "";
    const parts: Node[] = [];
    let at = 0;
    for (const { start, end, isHit } of own) {
      parts.push(document.createTextNode(text.slice(at, start)));
      const part = document.createElement("mark");
      part.textContent = text.slice(start, end);
      if (isHit) part.className = "hit";
      parts.push(part);
      at = end;
    }
    parts.push(document.createTextNode(text.slice(at)));
    element.replaceChildren(...parts);
  }
}
