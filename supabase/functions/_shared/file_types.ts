import { readDirectory } from "./zip_directory.ts";

/** A type of file that the pipeline knows; `pipeline_internal.file_types` lists the same ones. */
export interface FileType {
  mime: string;
  /** As which the file is stored and shown to LlamaParse. */
  extension: string;
  /** For people. */
  name: string;
  /** Whether the bytes are what files of this type are, whatever their name says. */
  matches(bytes: Uint8Array): boolean;
  /** Text that is read as it is, without LlamaParse. */
  isMarkdown?: boolean;
  /** Any text would match, so the content alone does not tell this type. */
  isText?: boolean;
}

const OFFICE = "application/vnd.openxmlformats-officedocument";

export const FILE_TYPES: FileType[] = [
  {
    mime: "application/pdf",
    extension: "pdf",
    name: "a PDF",
    matches: isPdf,
  },
  {
    mime: `${OFFICE}.wordprocessingml.document`,
    extension: "docx",
    name: "a Word document",
    matches: (bytes) => isOfficeFile(bytes, "word/"),
  },
  {
    mime: `${OFFICE}.presentationml.presentation`,
    extension: "pptx",
    name: "a PowerPoint presentation",
    matches: (bytes) => isOfficeFile(bytes, "ppt/"),
  },
  {
    mime: `${OFFICE}.spreadsheetml.sheet`,
    extension: "xlsx",
    name: "an Excel workbook",
    matches: (bytes) => isOfficeFile(bytes, "xl/"),
  },
  {
    mime: "image/png",
    extension: "png",
    name: "a PNG image",
    matches: (bytes) =>
      beginsWith(bytes, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
  },
  {
    mime: "image/jpeg",
    extension: "jpg",
    name: "a JPEG image",
    matches: (bytes) => beginsWith(bytes, [0xff, 0xd8, 0xff]),
  },
  {
    mime: "text/html",
    extension: "html",
    name: "an HTML page in UTF-8",
    matches: isText,
    isText: true,
  },
  {
    mime: "text/markdown",
    extension: "md",
    name: "Markdown in UTF-8",
    matches: isText,
    isText: true,
    isMarkdown: true,
  },
  {
    mime: "text/plain",
    extension: "txt",
    name: "plain text in UTF-8",
    matches: isText,
    isText: true,
    isMarkdown: true,
  },
];

export function fileType(mime: string): FileType | undefined {
  return FILE_TYPES.find((type) => type.mime === mime);
}

/** What a file is whose sender does not say: its content shows it, and of text its name says of which kind. */
export function recognise(
  bytes: Uint8Array,
  filename: string,
): FileType | undefined {
  const shown = FILE_TYPES.find((type) => !type.isText && type.matches(bytes));
  if (shown) return shown;
  const extension = filename.slice(filename.lastIndexOf(".") + 1).toLowerCase();
  return FILE_TYPES.find((type) =>
    type.isText && type.extension === extension && type.matches(bytes)
  );
}

/** Readers search the first kilobyte for a PDF's header (ISO 32000-1, annex H, note 13). */
const PDF_HEADER_WITHIN = 1024;

function isPdf(bytes: Uint8Array): boolean {
  const head = bytes.subarray(0, PDF_HEADER_WITHIN);
  return new TextDecoder("latin1").decode(head).includes("%PDF-");
}

/** A ZIP archive with the parts of its kind of document (ECMA-376, part 2). */
function isOfficeFile(bytes: Uint8Array, folder: string): boolean {
  if (!beginsWith(bytes, [0x50, 0x4b, 0x03, 0x04])) return false;
  const names = readDirectory(bytes)?.entries.map(({ name }) => name) ?? [];
  return names.includes("[Content_Types].xml") &&
    names.some((name) => name.startsWith(folder));
}

function isText(bytes: Uint8Array): boolean {
  if (bytes.includes(0)) return false;
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

function beginsWith(bytes: Uint8Array, signature: number[]): boolean {
  return signature.every((byte, index) => bytes[index] === byte);
}
