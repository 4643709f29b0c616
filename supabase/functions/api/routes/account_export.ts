import type { User } from "@supabase/supabase-js";
import type { z } from "zod";
import type { AppContext } from "../../_shared/app_context.ts";
import type { exportLine } from "../answers.ts";
import type { ApiDeps } from "../deps.ts";
import type { ExportedDocument } from "../queries.ts";
import { errorForUser } from "../vocabulary.ts";
import { downloadName } from "./downloads.ts";

type ExportDeps = Pick<ApiDeps, "queries" | "storage">;
type Line = z.input<typeof exportLine>;
type DocumentLine = Extract<Line, { type: "document" }>;

/** An export ends after the document that exceeds this many characters: well within a request's CPU time. */
const LENGTH = 16 * 1024 * 1024;
const DOCUMENTS_AT_ONCE = 20;
const CHUNKS_AT_ONCE = 200;
const ROWS_AT_ONCE = 500;
/** Long enough to read the export and fetch its files. */
const LINK_SECONDS = 3600;

/**
 * All stored data of the user, as lines of JSON. Only a few hundred chunks are in memory at once: the next are read
 * when the client has received those before.
 * @param user for the first line of an export; omitted in its continuations
 * @param after the document after which to continue
 * @throws an error that prevents the export; a later error ends the stream without its last line
 */
export async function exportLines(
  c: AppContext,
  deps: ExportDeps,
  { user, after }: { user: User; after: string | null },
): Promise<ReadableStream<Uint8Array>> {
  const firstPage = await documentPage(c, deps, after);
  return ReadableStream.from(
    encode(c, lines(c, deps, after === null ? user : undefined, firstPage)),
  );
}

async function* encode(
  c: AppContext,
  lines: AsyncIterable<Line>,
): AsyncGenerator<Uint8Array> {
  const utf8 = new TextEncoder();
  try {
    for await (const line of lines) {
      yield utf8.encode(`${JSON.stringify(line)}\n`);
    }
  } catch (error) {
    c.var.log.error("export incomplete", { error });
    throw error;
  }
}

async function* lines(
  c: AppContext,
  deps: ExportDeps,
  user: User | undefined,
  firstPage: DocumentLine[],
): AsyncGenerator<Line> {
  if (user) {
    const consent = await deps.queries.consent(c.var.claims.sub);
    yield {
      type: "account",
      user: { ...user },
      consent,
      exported_at: new Date(),
    };
    yield* rows(c, deps);
  }

  let length = 0;
  let page = firstPage;
  while (page.length > 0) {
    for (const document of page) {
      yield document;
      for await (const line of eventsAndChunks(c, deps, document.document_id)) {
        length += line.type === "chunk" ? line.text.length : 0;
        yield line;
      }
      if (length >= LENGTH) {
        yield { type: "end", next_after: document.document_id };
        return;
      }
    }
    page = await documentPage(c, deps, page.at(-1)!.document_id);
  }
  yield { type: "end", next_after: null };
}

/** The stored data of the user, without the documents. */
async function* rows(
  c: AppContext,
  { queries }: ExportDeps,
): AsyncGenerator<Line> {
  for (const table of await queries.exportedTables()) {
    let after: string | null = null;
    for (;;) {
      const page = await queries.exportedRows(
        c.var.claims.sub,
        table,
        after,
        ROWS_AT_ONCE,
      );
      for (const { data } of page) yield { type: "row", table, data };
      if (page.length < ROWS_AT_ONCE) break;
      after = page.at(-1)!.sort_key;
    }
  }
}

/** The next documents, with links to their files. */
async function documentPage(
  c: AppContext,
  { queries, storage }: ExportDeps,
  after: string | null,
): Promise<DocumentLine[]> {
  const documents = await queries.exportedDocuments(
    c.var.claims,
    after,
    DOCUMENTS_AT_ONCE,
  );
  const expires_at = new Date(Date.now() + LINK_SECONDS * 1000);
  const linkTo = await storage.signDownloads(
    documents.flatMap(({ original_path, parsed_path, filename }) => [
      ...original_path
        ? [{
          path: original_path,
          filename: downloadName(filename, "original"),
        }]
        : [],
      ...parsed_path ? [{ path: parsed_path, filename: downloadName(filename, "markdown") }] : [],
    ]),
    LINK_SECONDS,
  );
  return documents.map((document) => ({
    ...documentLine(document),
    files: {
      original: linkTo.get(document.original_path ?? "") ?? null,
      markdown: linkTo.get(document.parsed_path ?? "") ?? null,
      expires_at,
    },
  }));
}

function documentLine(
  document: ExportedDocument,
): Omit<DocumentLine, "files"> {
  const { last_error } = document;
  return {
    type: "document",
    document_id: document.document_id,
    filename: document.filename,
    filename_full: document.filename_full,
    policy_id: document.policy_id,
    mime: document.mime,
    bytes_len: document.bytes_len,
    file_sha256: document.file_sha256,
    page_count: document.page_count,
    title: document.title,
    language: document.language,
    warnings: document.warnings,
    created_at: document.created_at,
    updated_at: document.updated_at,
    job: {
      job_id: document.job_id,
      status: document.status,
      state: document.state,
      retry_count: document.retry_count,
      ocr: document.ocr,
      last_error: last_error && errorForUser(last_error),
      created_at: document.job_created_at,
      updated_at: document.job_updated_at,
    },
  };
}

/** A document's events, then its chunks. */
async function* eventsAndChunks(
  c: AppContext,
  { queries }: ExportDeps,
  document_id: string,
): AsyncGenerator<Line> {
  const { claims } = c.var;
  for (const event of await queries.exportedEvents(claims, document_id)) {
    yield { type: "event", document_id, ...event };
  }
  let after = -1;
  for (;;) {
    const chunks = await queries.exportedChunks(
      claims,
      document_id,
      after,
      CHUNKS_AT_ONCE,
    );
    for (const chunk of chunks) yield { type: "chunk", document_id, ...chunk };
    if (chunks.length < CHUNKS_AT_ONCE) return;
    after = chunks.at(-1)!.ord;
  }
}
