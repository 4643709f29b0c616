import { getDocumentProxy, getResolvedPDFJS } from "unpdf";
import type { Mark } from "./blocks.ts";
import type { Glyphs } from "./text_segments.ts";

/** Failure codes that LlamaParse gives for a document that can never be parsed. */
export type ParseErrorCode =
  | "UNSUPPORTED_FILE_TYPE"
  | "PDF_IS_PROTECTED"
  | "PDF_IS_BROKEN"
  | "NO_DATA_FOUND_IN_FILE"
  | "DOCUMENT_TOO_LARGE"
  | "TOO_MANY_PAGES";

export class ParseError extends Error {
  override name = "ParseError";

  constructor(
    readonly code: ParseErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** What a page shows, in points from its top left corner. */
export interface PageContent {
  number: number;
  width: number;
  height: number;
  glyphs: Glyphs[];
  marks: Mark[];
}

type Document = Awaited<ReturnType<typeof getDocumentProxy>>;
type Page = Awaited<ReturnType<Document["getPage"]>>;
type Matrix = [number, number, number, number, number, number];

/** The document's pages, one at a time. Close it after use. */
export interface PdfReader {
  pageCount: number;
  page(number: number): Promise<PageContent>;
  close(): Promise<void>;
}

/** Opens a PDF. Throws `ParseError` for what is no PDF, is broken, or needs a password. */
export async function openPdf(bytes: Uint8Array): Promise<PdfReader> {
  const start = new TextDecoder("latin1").decode(bytes.subarray(0, 1024));
  if (!start.includes("%PDF-")) {
    throw new ParseError("UNSUPPORTED_FILE_TYPE", "The file is not a PDF");
  }
  let document: Document;
  try {
    // pdf.js takes possession of the buffer, so it gets its own.
    document = await getDocumentProxy(bytes.slice(), { verbosity: 0 });
  } catch (error) {
    const name = error instanceof Error ? error.name : "";
    if (name === "PasswordException") {
      throw new ParseError(
        "PDF_IS_PROTECTED",
        "The PDF is protected by a password",
        { cause: error },
      );
    }
    throw new ParseError("PDF_IS_BROKEN", "The PDF could not be read", {
      cause: error,
    });
  }
  return {
    pageCount: document.numPages,
    page: (number) => readPage(document, number),
    close: () => document.loadingTask.destroy(),
  };
}

async function readPage(
  document: Document,
  number: number,
): Promise<PageContent> {
  const page = await document.getPage(number);
  const viewport = page.getViewport({ scale: 1 });
  const toPage = viewport.transform as Matrix;
  const content = await page.getTextContent();
  // Fonts are known by name only once the drawing operators have been read.
  const operators = await page.getOperatorList();
  const boldByFont = new Map<string, boolean>();
  const glyphs: Glyphs[] = [];
  for (const item of content.items) {
    if (!("str" in item) || item.str === "") continue;
    const place = multiply(toPage, item.transform as Matrix);
    // Text that does not run from left to right labels a figure's axis or the page's edge.
    if (place[0] <= 0 || Math.abs(place[1]) > 0.1 * place[0]) continue;
    if (!boldByFont.has(item.fontName)) {
      boldByFont.set(item.fontName, isBold(page, item.fontName));
    }
    glyphs.push({
      text: item.str,
      x: place[4],
      y: place[5],
      width: item.width,
      size: Math.hypot(place[2], place[3]),
      bold: boldByFont.get(item.fontName)!,
    });
  }
  const marks = await readMarks(operators, toPage);
  page.cleanup();
  return {
    number,
    width: viewport.width,
    height: viewport.height,
    glyphs,
    marks,
  };
}

function isBold(page: Page, fontName: string): boolean {
  if (!page.commonObjs.has(fontName)) return false;
  const font = page.commonObjs.get(fontName) as {
    name?: string;
    bold?: boolean;
    black?: boolean;
  };
  // Medium stands out from regular text too; `.B` is a publisher's suffix.
  return Boolean(font.bold || font.black) ||
    /bold|black|heavy|demi|medi|CMBX|\.BI?(\+|$)/i.test(font.name ?? "");
}

/** Largest width and height of a drawn bullet, in points. */
const LARGEST_MARK = 8;

async function readMarks(
  operators: Awaited<ReturnType<Page["getOperatorList"]>>,
  toPage: Matrix,
): Promise<Mark[]> {
  const { OPS } = await getResolvedPDFJS();
  const marks: Mark[] = [];
  const saved: Matrix[] = [];
  let current = toPage;
  for (const [index, operator] of operators.fnArray.entries()) {
    const args = operators.argsArray[index];
    if (operator === OPS.save) saved.push(current);
    else if (operator === OPS.restore) current = saved.pop() ?? toPage;
    else if (operator === OPS.transform) current = multiply(current, args);
    else if (operator === OPS.constructPath && isFill(args[0], OPS)) {
      const box = args[2] as ArrayLike<number> | null;
      if (!box) continue;
      const [left, top] = apply(current, box[0], box[1]);
      const [right, bottom] = apply(current, box[2], box[3]);
      const width = Math.abs(right - left);
      const height = Math.abs(bottom - top);
      const round = width > 0.7 * height && height > 0.7 * width;
      if (round && width > 1 && width < LARGEST_MARK) {
        marks.push({ x: (left + right) / 2, y: (top + bottom) / 2 });
      }
    }
  }
  return marks;
}

function isFill(operator: number, OPS: Record<string, number>): boolean {
  return [OPS.fill, OPS.eoFill, OPS.fillStroke, OPS.eoFillStroke].includes(
    operator,
  );
}

function multiply(a: Matrix, b: Matrix): Matrix {
  return [
    a[0] * b[0] + a[2] * b[1],
    a[1] * b[0] + a[3] * b[1],
    a[0] * b[2] + a[2] * b[3],
    a[1] * b[2] + a[3] * b[3],
    a[0] * b[4] + a[2] * b[5] + a[4],
    a[1] * b[4] + a[3] * b[5] + a[5],
  ];
}

function apply(matrix: Matrix, x: number, y: number): [number, number] {
  return [
    matrix[0] * x + matrix[2] * y + matrix[4],
    matrix[1] * x + matrix[3] * y + matrix[5],
  ];
}
