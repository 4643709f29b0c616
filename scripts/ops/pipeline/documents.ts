import { basename, resolve } from "node:path";
import { Option } from "commander";
import { type DocumentStatus, type PipelineClient, type Warning } from "../../../client/src/index.ts";
import { announcedMime, FILE_TYPES } from "../../../supabase/functions/_inspect/file_types.ts";
import { type Screen } from "../../dev/terminal/screen.ts";
import { visibleLine } from "../../dev/terminal/visible.ts";
import { explain } from "./failures.ts";
import { formatTime, right, showTable } from "./report.ts";
import { type AddCommands, examples, type Session } from "./session.ts";
import { UploadBoard } from "./upload_board.ts";
import { readCount, readPages } from "./values.ts";
import { ErrorWithRemedy, UsageError } from "../../dev/error_with_remedy.ts";

/** Concurrent files of one command. */
const UPLOADS_AT_ONCE = 3;

/** Users' commands: over the API, signed in. */
export const addDocumentCommands: AddCommands = (program, perform) => {
  program.command("upload <file...>")
    .description(
      "uploads files; on the local stack by default as a throw-away user",
    )
    .option("--watch", "waits until each is searchable or has failed")
    .option("--ocr", "runs OCR on scanned text")
    .addHelpText(
      "after",
      examples("upload report.pdf", "upload *.pdf --watch --json"),
    )
    .action(perform(upload));

  program.command("status <document...>")
    .description("shows the status of documents")
    .addHelpText(
      "after",
      examples("status ce65772f-cdfa-50cf-aa0b-9c9b0f5a9d83"),
    )
    .action(perform(status));

  program.command("reparse <document>")
    .description(
      "parses a document's pages again, at the price of an upload; the document stays searchable",
    )
    .option(
      "--pages <pages>",
      "pages: unread (those that the parser failed on), or 1,3-5; all by default",
      readPages,
    )
    .option("--ocr", "runs OCR on scanned text")
    .option("--watch", "waits until it is complete again")
    .addHelpText(
      "after",
      examples(
        "reparse ce65772f-cdfa-50cf-aa0b-9c9b0f5a9d83 --pages unread",
        "reparse ce65772f-cdfa-50cf-aa0b-9c9b0f5a9d83 --pages 2,7-9 --ocr --watch",
      ),
    )
    .action(perform(reparse));

  program.command("list")
    .description("lists the user's documents, newest first")
    .option("--limit <count>", "maximum number", readCount(1, 100_000), 50)
    .option(
      "--status <status>",
      "only with this status: complete, failed_parse …",
    )
    .addOption(
      new Option("--state <state>", "only in this state")
        .choices(["queued", "working", "retryable", "done", "deadletter"]),
    )
    .option("--name <part>", "only names that contain this")
    .addOption(
      new Option("--sort <column>", "by what")
        .choices(["created_at", "updated_at", "filename"])
        .default("created_at"),
    )
    .addOption(
      new Option("--order <order>").choices(["asc", "desc"]).default("desc"),
    )
    .addHelpText("after", examples("list --state deadletter"))
    .action(perform(list));
};

interface Uploading {
  file: string;
  ok: boolean;
  document_id?: string;
  duplicate?: boolean;
  status?: string;
  /** The result of a watched document. */
  warnings?: Warning[];
  error?: { code: string; message: string };
}

async function upload(
  session: Session,
  paths: string[],
  { watch = false, ocr = false }: { watch?: boolean; ocr?: boolean },
): Promise<void> {
  const { report, signal } = session;
  const files = await Promise.all(
    paths.map((path) => findFile(resolve(session.directory, path))),
  );
  const client = await session.target.asUser();
  const board = new UploadBoard(report, files.map(({ name }) => name));
  const outcomes: Uploading[] = [];
  const queue = files.entries();
  const work = async () => {
    for (const [index, file] of queue) {
      outcomes[index] = await send(client, file, { watch, ocr, signal }, {
        sent: (sent, total) => board.sent(index, sent, total),
        report: (note, percent) => board.report(index, note, percent),
      });
    }
  };
  try {
    await Promise.all(Array.from({ length: UPLOADS_AT_ONCE }, work));
  } finally {
    board.end();
  }

  for (const outcome of outcomes) {
    report.answer(outcome, (screen) => {
      const { file, document_id, warnings = [], error } = outcome;
      for (const warning of warnings) {
        screen.text(`${visibleLine(file)}: ${textOf(warning)}`);
      }
      if (error) screen.text(`${visibleLine(file)}: ${error.message}`);
      // On a terminal the report replaced the progress; otherwise it was printed above.
      else if (report.board) screen.text(`${visibleLine(file)}: ${document_id}`);
    });
  }
  const failed = outcomes.filter(({ ok }) => !ok).length;
  if (failed > 0) {
    throw new ErrorWithRemedy(
      `${failed} of ${outcomes.length} files failed.`,
      "npm run pipeline -- why ID explains a document's failure.",
      { code: "uploads_failed" },
    );
  }
}

interface FoundFile {
  path: string;
  name: string;
  mime: string;
}

async function findFile(path: string): Promise<FoundFile> {
  const name = basename(path);
  const mime = announcedMime(name, "");
  if (mime === "") {
    throw new UsageError(
      `${path} has an unsupported type.`,
      `Supported extensions (or none): ${FILE_TYPES.map((known) => known.extension).join(", ")}.`,
    );
  }
  const info = await Deno.stat(path).catch((error) => {
    throw new UsageError(
      error instanceof Deno.errors.NotFound ? `File not found: ${path}.` : `Cannot read ${path}: ${error.message}`,
      "Check the path and its permissions.",
    );
  });
  if (!info.isFile || info.size === 0) {
    throw new UsageError(
      `${path} is ${info.isFile ? "empty" : "not a file"}.`,
      "Name non-empty files.",
    );
  }
  return { path, name, mime };
}

/** Processes one file. Its failure is part of the result; only an interruption is thrown. */
async function send(
  client: PipelineClient,
  { path, name, mime }: FoundFile,
  { watch, ocr, signal }: { watch: boolean; ocr: boolean; signal: AbortSignal },
  progress: {
    sent(sentBytes: number, totalBytes: number): void;
    report(note: string, percent?: number): void;
  },
): Promise<Uploading> {
  let documentId: string | undefined;
  try {
    const file = new File([await Deno.readFile(path)], name, { type: mime });
    const uploaded = await client.upload(file, {
      ocr,
      signal,
      onProgress: ({ sentBytes, totalBytes }) => progress.sent(sentBytes, totalBytes),
    });
    documentId = uploaded.documentId;
    const { duplicate } = uploaded;
    progress.report(
      `${duplicate ? "already exists as" : "is document"} ${documentId}`,
      watch ? undefined : 100,
    );
    const common = { file: name, ok: true, document_id: documentId, duplicate };
    if (!watch) return common;
    const { status, warnings } = await client.waitUntilComplete(documentId, {
      signal,
      onStatus: (now) => progress.report(describe(now), now.progress.total_pct),
    });
    return { ...common, status, warnings };
  } catch (error) {
    if (signal.aborted) throw error;
    const failure = explain(error);
    if (!failure) throw error;
    const { code, message } = failure;
    progress.report(`failed: ${code}`);
    return {
      file: name,
      ok: false,
      ...documentId && { document_id: documentId },
      error: { code, message },
    };
  }
}

async function status(
  { target, report, signal }: Session,
  documentIds: string[],
): Promise<void> {
  const client = await target.asUser();
  const found: DocumentStatus[] = [];
  for (const id of documentIds) found.push(await client.status(id, { signal }));
  if (report.json) found.forEach((one) => report.answer(one, () => {}));
  else {
    showTable(report.screen, COLUMNS, found.map(rowOf), "");
    for (const one of found) showErrors(report.screen, one);
  }
}

async function reparse(
  { target, report, signal }: Session,
  documentId: string,
  { pages, ocr, watch = false }: {
    pages?: "unread" | number[];
    ocr?: boolean;
    watch?: boolean;
  },
): Promise<void> {
  const client = await target.asUser();
  const accepted = await client.reparse(documentId, { pages, ocr, signal });
  if (!watch) {
    report.answer(accepted, (screen) =>
      screen.text(
        `${
          accepted.pages ? `pages ${accepted.pages.join(", ")}` : "all pages"
        } of document ${documentId} will be read again.`,
      ));
    return;
  }
  const ended = await client.waitUntilComplete(documentId, {
    signal,
    onStatus: (now) => report.remark(describe(now)),
  });
  report.answer(
    { ...accepted, ...ended },
    (screen) => showErrors(screen, ended),
  );
  if (ended.last_error) {
    throw new ErrorWithRemedy(
      "Parsing the document again failed. The document is unchanged.",
      `See npm run pipeline -- history ${documentId}.`,
      { code: ended.last_error.code },
    );
  }
}

async function list(
  { target, report, signal }: Session,
  { limit, name, ...filters }: {
    limit: number;
    name?: string;
    status?: string;
    state?: string;
    sort: "created_at" | "updated_at" | "filename";
    order: "asc" | "desc";
  },
): Promise<void> {
  const client = await target.asUser();
  const documents: DocumentStatus[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.documents({
      ...filters,
      q: name,
      cursor,
      limit: Math.min(limit - documents.length, 100),
      signal,
    });
    documents.push(...page.documents);
    cursor = page.next_cursor ?? undefined;
  } while (cursor && documents.length < limit);

  report.answer({ documents, more: cursor !== undefined }, (screen) => {
    showTable(screen, COLUMNS, documents.map(rowOf), "No documents.");
    for (const one of documents) showWarnings(screen, one);
    if (cursor) screen.text("There are more: use --limit.");
  });
}

const COLUMNS = [
  "document",
  "name",
  "status",
  right("%"),
  "state",
  "since (UTC)",
  "remark",
];

function rowOf(document: DocumentStatus) {
  return [
    document.document_id,
    document.filename,
    document.status,
    document.progress.total_pct,
    document.state,
    formatTime(new Date(document.updated_at)),
    remarkOn(document),
  ];
}

function describe(document: DocumentStatus): string {
  const remark = remarkOn(document);
  return remark ? `${document.status}, ${remark}` : document.status;
}

function remarkOn(document: DocumentStatus): string {
  const { queue_position, waiting_for, next_attempt_at, last_error, warnings } = document;
  return [
    queue_position && `position ${queue_position} in the user queue`,
    last_error?.code ?? waiting_for,
    ...warnings.map(({ code }) => code),
    next_attempt_at && `next at ${formatTime(new Date(next_attempt_at))}`,
  ].filter(Boolean).join("; ");
}

function showErrors(screen: Screen, document: DocumentStatus): void {
  if (document.last_error) screen.text(document.last_error.message);
  showWarnings(screen, document);
}

function showWarnings(
  screen: Screen,
  { filename, warnings }: DocumentStatus,
): void {
  for (const warning of warnings) {
    screen.text(`${visibleLine(filename)}: ${textOf(warning)}`);
  }
}

function textOf({ code, message }: Warning): string {
  return `${message} (${code})`;
}
