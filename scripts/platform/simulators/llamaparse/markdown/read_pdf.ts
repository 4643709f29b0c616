import { createRequire } from "node:module";
import { dirname } from "node:path";
import { getDocumentProxy, getResolvedPDFJS } from "unpdf";
import type { Mark } from "./blocks.ts";
import { readFields } from "./form_fields.ts";
import { apply, type Matrix, multiply } from "./geometry.ts";
import { readLigatures } from "./ligatures.ts";
import type { Glyphs, Piece } from "./text_segments.ts";

/** Failure codes of LlamaParse's older API, for a document that can never be parsed; API v2 gives the message alone. */
export type ParseErrorCode =
  /** The user of the simulator gave this message. */
  | "INJECTED"
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

/** What a page shows, in points from its top left corner as it is read: most of its text runs from left to right. */
export interface PageContent {
  number: number;
  width: number;
  height: number;
  glyphs: Glyphs[];
  /** Text that runs in other directions, each in a frame in which it runs from left to right. */
  turned: Glyphs[][];
  marks: Mark[];
  /** Whether it shows a picture, as every page of a scan does. */
  hasImage: boolean;
}

type Document = Awaited<ReturnType<typeof getDocumentProxy>>;
type Page = Awaited<ReturnType<Document["getPage"]>>;
type Operators = Awaited<ReturnType<Page["getOperatorList"]>>;

/**
 * What the characters of Chinese, Japanese and Korean fonts mean that the file does not embed; pdf.js comes without.
 */
const CMAPS = `${
  dirname(
    createRequire(import.meta.url).resolve(
      "pdf-parse/lib/pdf.js/v1.10.88/web/cmaps/H.bcmap",
    ),
  )
}/`;

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
    throw new ParseError(
      "UNSUPPORTED_FILE_TYPE",
      "Unsupported file type: the file is not a PDF",
    );
  }
  let document: Document;
  try {
    // pdf.js takes possession of the buffer, so it gets its own.
    document = await getDocumentProxy(bytes.slice(), {
      verbosity: 0,
      cMapUrl: CMAPS,
      cMapPacked: true,
    });
  } catch (error) {
    const name = error instanceof Error ? error.name : "";
    if (name === "PasswordException") {
      throw new ParseError(
        "PDF_IS_PROTECTED",
        "Could not open PDF, as it seems to be protected.",
        { cause: error },
      );
    }
    throw new ParseError(
      "PDF_IS_BROKEN",
      "The PDF could not be opened: it seems to be broken",
      { cause: error },
    );
  }
  return {
    pageCount: document.numPages,
    page: (number) => readPage(document, number),
    close: () => document.loadingTask.destroy(),
  };
}

/** Punctuation in the form that it has in vertical writing. */
const VERTICAL_FORM = /[\ufe10-\ufe19\ufe30-\ufe48]/g;

/** Bullets of symbol fonts, which have no character of their own. */
const SYMBOL_BULLET = /[\uf0a7\uf0b7\uf0d8]/g;

async function readPage(
  document: Document,
  number: number,
): Promise<PageContent> {
  const page = await document.getPage(number);
  const { width, height, transform } = page.getViewport({ scale: 1 });
  const toPage = transform as Matrix;
  const content = await page.getTextContent();
  // Fonts are known by name only once the drawing operators have been read.
  const operators = await page.getOperatorList();
  const ligatures = readLigatures(operators, await getResolvedPDFJS());
  const boldByFont = new Map<string, boolean>();
  const pieces: Piece[] = [];
  for (const item of content.items) {
    if (!("str" in item) || item.str === "") continue;
    if (!boldByFont.has(item.fontName)) {
      boldByFont.set(item.fontName, isBold(page, item.fontName));
    }
    const place = item.transform as Matrix;
    const text = item.str.replace(SYMBOL_BULLET, "•");
    pieces.push({
      text: item.dir === "rtl"
        ? ligatures.mend(text)
        : item.dir === "ttb"
        ? text.replace(VERTICAL_FORM, (form) => form.normalize("NFKC"))
        : text,
      // Text that is written downwards stands on the right edge of its line.
      place: item.dir === "ttb" ? multiply(place, [0, -1, 1, 0, 0, 0]) : place,
      width: item.dir === "ttb" ? item.height : item.width,
      bold: boldByFont.get(item.fontName)!,
    });
  }
  pieces.push(...readFields(await page.getAnnotations()));

  const angles = byDirection(pieces, toPage);
  const [main, ...others] = angles.length > 0 ? angles : [{ angle: 0, pieces }];
  const frame = frameOf(main.angle, width, height);
  const toFrame = multiply(frame.turn, toPage);
  const marks = await readMarks(operators, toFrame);
  const hasImage = await showsImage(operators);
  page.cleanup();
  return {
    number,
    width: frame.width,
    height: frame.height,
    glyphs: main.pieces.map((piece) => toGlyphs(piece, toFrame)),
    turned: others.map(({ angle, pieces }) => {
      const { turn } = frameOf(angle, width, height);
      return pieces.map((piece) => toGlyphs(piece, multiply(turn, toPage)));
    }),
    marks,
    hasImage,
  };
}

/** The pieces by the direction in which they run on the page, in degrees, clockwise; the one of most text first. */
function byDirection(
  pieces: Piece[],
  toPage: Matrix,
): { angle: number; pieces: Piece[] }[] {
  const found = new Map<number, Piece[]>();
  for (const piece of pieces) {
    const [x, y] = multiply(toPage, piece.place);
    const angle = readingAngle(x, y);
    const alike = found.get(angle);
    if (alike) alike.push(piece);
    else found.set(angle, [piece]);
  }
  const length = (pieces: Piece[]) => pieces.reduce((sum, { text }) => sum + text.length, 0);
  return [...found].map(([angle, pieces]) => ({ angle, pieces }))
    .sort((a, b) => length(b.pieces) - length(a.pieces));
}

/** Text that leans a little, as on a scan, runs as if it were straight. */
function readingAngle(x: number, y: number): number {
  const angle = Math.atan2(y, x) * 180 / Math.PI;
  const straight = Math.round(angle / 90) * 90;
  const read = Math.abs(angle - straight) < 6 ? straight : Math.round(angle);
  return (read + 360) % 360;
}

/** The page turned so that text of this direction runs from left to right. */
function frameOf(angle: number, width: number, height: number) {
  const sin = Math.sin(angle * Math.PI / 180);
  const cos = Math.cos(angle * Math.PI / 180);
  const turn: Matrix = [cos, -sin, sin, cos, 0, 0];
  const corners = [[0, 0], [width, 0], [0, height], [width, height]]
    .map(([x, y]) => apply(turn, x, y));
  const left = Math.min(...corners.map(([x]) => x));
  const top = Math.min(...corners.map(([, y]) => y));
  return {
    turn: [...turn.slice(0, 4), -left, -top] as Matrix,
    width: Math.max(...corners.map(([x]) => x)) - left,
    height: Math.max(...corners.map(([, y]) => y)) - top,
  };
}

function toGlyphs(piece: Piece, toFrame: Matrix): Glyphs {
  const place = multiply(toFrame, piece.place);
  return {
    text: piece.text,
    x: place[4],
    y: place[5],
    width: piece.width,
    size: Math.hypot(place[2], place[3]),
    bold: piece.bold,
  };
}

async function showsImage(operators: Operators): Promise<boolean> {
  const { OPS } = await getResolvedPDFJS();
  const painting = [
    OPS.paintImageXObject,
    OPS.paintInlineImageXObject,
    OPS.paintImageMaskXObject,
    OPS.paintImageXObjectRepeat,
  ];
  return operators.fnArray.some((operator) => painting.includes(operator));
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
  operators: Operators,
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
