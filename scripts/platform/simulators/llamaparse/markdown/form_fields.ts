import type { Piece } from "./text_segments.ts";

/** What of pdf.js's annotations matters here. */
interface Annotation {
  subtype?: string;
  /** `Tx` (text), `Ch` (choice), `Btn` (button). */
  fieldType?: string | null;
  fieldValue?: string | string[] | null;
  exportValue?: string;
  buttonValue?: string | null;
  checkBox?: boolean;
  radioButton?: boolean;
  password?: boolean;
  hidden?: boolean;
  noView?: boolean;
  multiLine?: boolean;
  rect: number[];
  defaultAppearanceData?: { fontSize?: number };
  contentsObj?: { str?: string };
}

const USUAL_SIZE = 11;
/** Of a character of the usual fonts, in ems; the exact width of a value is not known. */
const USUAL_WIDTH = 0.5;

/**
 * What a form's fields hold, and typed notes, where they stand on the page: the text that a reader sees there is not
 * part of the page's own.
 */
export function readFields(annotations: Annotation[]): Piece[] {
  return annotations.filter(({ hidden, noView }) => !hidden && !noView)
    .flatMap(fieldPieces);
}

function fieldPieces(annotation: Annotation): Piece[] {
  const text = shownText(annotation);
  if (!text) return [];
  const [left, bottom, , top] = annotation.rect;
  const lines = text.split(/\r\n?|\n/);
  const size = annotation.defaultAppearanceData?.fontSize || USUAL_SIZE;
  const pitch = 1.2 * size;
  // One line stands in the middle of its field, several begin at the top.
  const first = lines.length === 1 && !annotation.multiLine ? (bottom + top) / 2 - 0.35 * size : top - size;
  return lines.map((line, index) => ({
    text: line,
    place: [size, 0, 0, size, left + 2, first - index * pitch],
    width: line.length * USUAL_WIDTH * size,
    bold: false,
  }));
}

function shownText(annotation: Annotation): string {
  const { subtype, fieldType, fieldValue } = annotation;
  if (subtype === "FreeText") return annotation.contentsObj?.str?.trim() ?? "";
  if (subtype !== "Widget" || annotation.password) return "";
  if (fieldType === "Tx" || fieldType === "Ch") {
    return [fieldValue ?? ""].flat().join(", ").trim();
  }
  if (fieldType === "Btn" && (annotation.checkBox || annotation.radioButton)) {
    const on = annotation.exportValue ?? annotation.buttonValue;
    return fieldValue && fieldValue !== "Off" && fieldValue === on ? "[x]" : "[ ]";
  }
  return "";
}
