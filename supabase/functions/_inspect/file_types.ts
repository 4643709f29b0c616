import { readDirectory } from "./zip_directory.ts";

/** A type of file that the pipeline knows; `pipeline_internal.file_types` has the same ones. */
export interface FileType {
  mime: string;
  /**
   * Other names of the type; a subtype with the prefix `x-` need not be listed.
   */
  aliases?: string[];
  /** The extension under which the file is stored and sent to LlamaParse. */
  extension: string;
  /** Other extensions of the type. */
  otherExtensions?: string[];
  /** The type's name in messages. */
  name: string;
  /** Whether the bytes have this type, whatever the file's name. */
  matches(bytes: Uint8Array): boolean;
  /** Text that needs no parsing by LlamaParse. */
  isMarkdown?: boolean;
  /** Any text matches, so the content alone does not identify this type. */
  isText?: boolean;
}

const OFFICE = "application/vnd.openxmlformats-officedocument";

export const FILE_TYPES: FileType[] = [
  {
    mime: "application/pdf",
    aliases: ["application/acrobat", "application/vnd.pdf", "text/pdf"],
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
    matches: (bytes) => beginsWith(bytes, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
  },
  {
    mime: "image/jpeg",
    aliases: ["image/jpg", "image/pjpeg"],
    extension: "jpg",
    otherExtensions: ["jpeg", "jpe", "jfif"],
    name: "a JPEG image",
    matches: (bytes) => beginsWith(bytes, [0xff, 0xd8, 0xff]),
  },
  {
    mime: "text/html",
    aliases: ["application/xhtml+xml"],
    extension: "html",
    otherExtensions: ["htm", "xhtml"],
    name: "an HTML page",
    matches: isText,
    isText: true,
  },
  {
    mime: "text/markdown",
    aliases: [
      "application/markdown",
      "text/md",
      "text/vnd.daringfireball.markdown",
      "text/x-web-markdown",
    ],
    extension: "md",
    otherExtensions: ["markdown", "mdown", "mkd"],
    name: "Markdown",
    matches: isText,
    isText: true,
    isMarkdown: true,
  },
  {
    mime: "text/plain",
    aliases: ["application/txt", "text/txt"],
    extension: "txt",
    otherExtensions: ["text"],
    name: "plain text",
    matches: isText,
    isText: true,
    isMarkdown: true,
  },
];

export function fileType(mime: string): FileType | undefined {
  return FILE_TYPES.find((type) => type.mime === mime);
}

/** The type of a file that only its bytes can identify, before they have arrived. */
export const UNDETERMINED = "application/octet-stream";

/** Types that senders state when they do not know. */
const MEANINGLESS = new Set([
  "",
  UNDETERMINED,
  "application/binary",
  "application/download",
  "application/force-download",
  "application/octetstream",
  "application/unknown",
  "binary/octet-stream",
  "content/unknown",
  "unknown/unknown",
]);

/** Types that senders state for an Office file: it is a ZIP archive, and Windows names it by the older format. */
const AMBIGUOUS = new Set([
  "application/msword",
  "application/vnd.ms-excel",
  "application/vnd.ms-powerpoint",
  "application/zip",
  "application/zip-compressed",
]);

/**
 * The type of a file of which only the name and the stated type are known. Only the name tells kinds of text apart, so
 * for text the name takes precedence; for anything else the stated type does, if it is meaningful.
 * @param stated as the sender wrote it: empty, with parameters, in any case
 * @returns the canonical type; `UNDETERMINED` if the bytes must decide; the stated type if it is unknown; empty if only
 * the name has an extension, and it is unknown
 */
export function announcedMime(filename: string, stated: string): string {
  const word = wordOf(stated);
  const said = FILE_TYPES.find((type) => type.mime === word || type.aliases?.includes(word));
  const extension = extensionOf(filename);
  const named = namedType(filename);
  if (named?.isText && (said?.isText || word.startsWith("text/"))) {
    return named.mime;
  }
  if (said) return said.mime;
  const isMeaningless = MEANINGLESS.has(word);
  if (!isMeaningless && !AMBIGUOUS.has(word)) return withoutParameters(stated);
  if (named) return named.mime;
  if (extension === "") return UNDETERMINED;
  return isMeaningless ? "" : withoutParameters(stated);
}

/**
 * The type of the bytes. For text they do not show the kind: the name does, else the stated type; without either, text
 * is an HTML page if it begins like one, else plain text.
 * @param announced the result of `announcedMime` for the name and the stated type
 * @returns undefined if the type is unknown, or if the bytes are text and another type was stated
 */
export function recognise(
  bytes: Uint8Array,
  filename: string,
  announced = announcedMime(filename, ""),
): FileType | undefined {
  const named = namedType(filename);
  const said = fileType(announced);
  const asText = named?.isText ? named : said?.isText ? said : undefined;
  // First, because a text about PDFs may contain a PDF's header.
  if (asText && isOfType(bytes, asText)) return asText;
  const shown = FILE_TYPES.find((type) => !type.isText && type.matches(bytes));
  if (shown || asText || named || said) return shown;
  const isUnsaid = announced === UNDETERMINED || announced === "";
  if (!isUnsaid || otherKind(bytes) || !isText(bytes)) return undefined;
  return fileType(beginsLikeHtml(bytes) ? "text/html" : "text/plain");
}

/** Whether the bytes have this type. A file that begins as a PDF is no text, even if all of it is ASCII. */
export function isOfType(bytes: Uint8Array, type: FileType): boolean {
  return type.matches(bytes) && !(type.isText && beginsWith(bytes, PDF_HEADER));
}

/** The kind of the bytes in a few words, for a sender who announced another. */
export function describeContent(bytes: Uint8Array): string {
  const shown = FILE_TYPES.find((type) => !type.isText && type.matches(bytes));
  if (shown) return shown.name;
  return otherKind(bytes) ??
    (isText(bytes) ? "text" : "of unknown type");
}

function otherKind(bytes: Uint8Array): string | undefined {
  return OTHER_KINDS.find(([signature]) => beginsWith(bytes, signature))?.[1];
}

/** Signatures of files that are often mistaken for accepted ones. */
const OTHER_KINDS: [signature: number[], name: string][] = [
  [
    [0xd0, 0xcf, 0x11, 0xe0],
    "a file of an older Office; save it as docx, pptx or xlsx",
  ],
  [[0x50, 0x4b, 0x03, 0x04], "a ZIP archive"],
  [[0x1f, 0x8b], "a gzip archive"],
  [[0x47, 0x49, 0x46, 0x38], "a GIF image"],
  [[0x7b, 0x5c, 0x72, 0x74, 0x66], "an RTF document"],
];

/** `Application/X-PDF; q=1` → `application/pdf`; a malformed type counts as none. */
function wordOf(stated: string): string {
  const word = withoutParameters(stated);
  return word.includes("/") ? word.replace("/x-", "/") : "";
}

function withoutParameters(stated: string): string {
  return stated.split(/[;,]/)[0].trim().toLowerCase();
}

function namedType(filename: string): FileType | undefined {
  const extension = extensionOf(filename);
  return FILE_TYPES.find((type) => type.extension === extension || type.otherExtensions?.includes(extension));
}

/**
 * The extension in lower case, without its dot; `Minutes 2. May` and `Report
 * 1.2` have none.
 */
function extensionOf(filename: string): string {
  const extension = /[^.]\.([\p{L}\p{N}_-]{1,16})$/u.exec(filename.trim())?.[1] ?? "";
  return /\p{L}/u.test(extension) ? extension.toLowerCase() : "";
}

/** `%PDF-` */
const PDF_HEADER = [0x25, 0x50, 0x44, 0x46, 0x2d];

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

/** UTF-8, or UTF-16 with a byte order mark. */
function isText(bytes: Uint8Array): boolean {
  const encoding = beginsWith(bytes, [0xff, 0xfe])
    ? "utf-16le"
    : beginsWith(bytes, [0xfe, 0xff])
    ? "utf-16be"
    : "utf-8";
  if (encoding === "utf-8" && bytes.includes(0)) return false;
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
    return encoding === "utf-8" || !text.includes("\0");
  } catch {
    return false;
  }
}

function beginsLikeHtml(bytes: Uint8Array): boolean {
  const head = new TextDecoder().decode(bytes.subarray(0, 1024));
  return /^\s*(<\?xml[^>]*>\s*)?(<!--[^]*?-->\s*)*<(!doctype html|html)\b/i
    .test(head);
}

function beginsWith(bytes: Uint8Array, signature: number[]): boolean {
  return signature.every((byte, index) => bytes[index] === byte);
}
