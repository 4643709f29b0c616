import { type Limits, PipelineError } from "supabase-document-pipeline-client";

/** A file that is not uploaded, and why. */
export interface Refused {
  name: string;
  error: PipelineError;
}

export interface Intake {
  files: File[];
  refused: Refused[];
  /** Whether a folder had more files than are taken at once. */
  isCut: boolean;
}

/** Of a folder, so that a wrong one does not fill the page. */
export const MOST_FILES = 500;

/** The endings of file names by type; a type that is not here has its own name as its ending. */
const ENDINGS: Record<string, string[]> = {
  "application/pdf": ["pdf"],
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ["docx"],
  "application/vnd.openxmlformats-officedocument.presentationml.presentation": ["pptx"],
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ["xlsx"],
  "image/jpeg": ["jpg", "jpeg", "jpe", "jfif"],
  "text/html": ["html", "htm", "xhtml"],
  "text/markdown": ["md", "markdown", "mdown", "mkd"],
  "text/plain": ["txt", "text"],
};

type FileLimits = Pick<Limits, "allowed_mime_types" | "max_file_bytes">;

/** The endings of the types that are allowed: `pdf`. */
export function allowedEndings({ allowed_mime_types }: Pick<Limits, "allowed_mime_types">): string[] {
  return allowed_mime_types.flatMap((type) => ENDINGS[type] ?? [type.replace(/^.*[/.]/, "")]);
}

/** What an `<input type="file">` offers. */
export function acceptOf(limits: Pick<Limits, "allowed_mime_types">): string {
  return [...limits.allowed_mime_types, ...allowedEndings(limits).map((ending) => `.${ending}`)].join(",");
}

/**
 * Parts the files that can be uploaded from those that the API would refuse. Without limits all are taken, and the API
 * decides.
 */
export function sortOut(files: readonly File[], limits: FileLimits | undefined): Pick<Intake, "files" | "refused"> {
  const refused: Refused[] = [];
  const taken = files.filter((file) => {
    const error = refusalOf(file, limits);
    if (error) refused.push({ name: file.name, error });
    return !error;
  });
  return { files: taken, refused };
}

function refusalOf(file: File, limits: FileLimits | undefined): PipelineError | null {
  if (limits && !isAllowed(file, limits)) {
    return new PipelineError("unsupported_type", `Files of the type ${file.type} are not accepted.`);
  }
  if (file.size === 0) return new PipelineError("file_empty", "The file has no bytes.");
  if (limits && file.size > limits.max_file_bytes) {
    const { max_file_bytes } = limits;
    return new PipelineError("file_too_large", `The file is larger than ${max_file_bytes} bytes.`, {
      details: { max_file_bytes },
    });
  }
  return null;
}

/** As the API sees it: a name or a type that fits is enough; a file that has neither is decided by its content. */
function isAllowed({ name, type }: File, limits: FileLimits): boolean {
  const stated = type.toLowerCase().replace(/;.*$/, "").replace("/x-", "/");
  if (limits.allowed_mime_types.includes(stated)) return true;
  const ending = /\.([^.]+)$/.exec(name)?.[1].toLowerCase();
  if (ending !== undefined && allowedEndings(limits).includes(ending)) return true;
  return ending === undefined && (stated === "" || stated === "application/octet-stream");
}

/** The files that were dropped, those in dropped folders too. Reads the transfer before it returns. */
export function droppedFiles(transfer: Pick<DataTransfer, "items" | "files">): Promise<Intake> {
  // After the event the transfer is empty.
  const items = [...transfer.items].filter(({ kind }) => kind === "file");
  const entries = items.map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile()).filter((entry) => entry !== null);
  return readEntries(entries.length > 0 ? entries : [...transfer.files]);
}

async function readEntries(entries: readonly (FileSystemEntry | File)[]): Promise<Intake> {
  const intake: Intake = { files: [], refused: [], isCut: false };
  for (const entry of entries) {
    if (entry instanceof File) intake.files.push(entry);
    else await readEntry(entry, intake, false);
  }
  return intake;
}

async function readEntry(entry: FileSystemEntry, intake: Intake, isWithin: boolean): Promise<void> {
  // What systems leave in folders was not meant.
  if (isWithin && /^(\.|thumbs\.db$|desktop\.ini$)/i.test(entry.name)) return;
  if (intake.files.length >= MOST_FILES) {
    intake.isCut = true;
    return;
  }
  try {
    if (entry.isFile) {
      const file = entry as FileSystemFileEntry;
      intake.files.push(await new Promise<File>((resolve, reject) => file.file(resolve, reject)));
    } else if (entry.isDirectory) {
      const found = await entriesOf(entry as FileSystemDirectoryEntry);
      for (const each of found) await readEntry(each, intake, true);
    }
  } catch (cause) {
    intake.refused.push({
      name: entry.name,
      error: new PipelineError("file_unreadable", "The file or folder cannot be read.", { cause }),
    });
  }
}

/** A browser gives them in portions, the last of which is empty. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const portion = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (portion.length === 0) return all;
    all.push(...portion);
  }
}
