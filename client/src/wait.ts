import type { SupabaseClient } from "@supabase/supabase-js";
import { throwIfAborted } from "./abort.ts";
import type { DocumentStatus } from "./answers.ts";
import { pause } from "./pause.ts";
import { PipelineError } from "./pipeline_error.ts";
import { sessionExpired } from "./session.ts";
import { STATUS_COLUMNS, statusOf, type StatusRow } from "./status_row.ts";

export interface WaitOptions {
  /** Called with the first status and with every change. */
  onStatus?: (status: DocumentStatus) => void;
  signal?: AbortSignal;
  /** Milliseconds until `timeout`; by default half an hour. The document's processing continues. */
  timeoutMs?: number;
}

const HALF_AN_HOUR_MS = 30 * 60 * 1000;

/** Polls are close together while the status changes, and further apart while it does not. */
const SHORTEST_GAP_MS = 250;
const LONGEST_GAP_MS = 5_000;
const GAP_GROWTH = 1.4;

/** The API limits status polls to ten a minute. */
const API_GAP_MS = 6_500;
/** The Data API's error if it does not expose the pipeline's schema. */
const CLOSED = "PGRST106";

/** The most polls in a row that may fail. */
const FAILURES_ALLOWED = 5;

/**
 * Waits until a document is complete. After a failed reparse the document is complete as before: its `last_error` says
 * why, and its `warnings` what is still missing. Polls the view `document_status` through the Data API, under row-level
 * security, where the limit of status polls does not apply; if the project does not expose it, polls the API, less
 * often.
 * @param askApi polls the document's status from the API
 * @throws {PipelineError} with the document's own code if it failed or expired; `document_not_found` if it does not
 * exist or was deleted meanwhile; `timeout`
 */
export async function waitUntilComplete(
  supabase: SupabaseClient,
  documentId: string,
  { onStatus, signal, timeoutMs = HALF_AN_HOUR_MS }: WaitOptions,
  askApi: () => Promise<DocumentStatus>,
): Promise<DocumentStatus> {
  const deadline = performance.now() + timeoutMs;
  let last: string | undefined;
  let gap = SHORTEST_GAP_MS;
  let failures = 0;
  let isClosed = false;

  for (;;) {
    try {
      const status = isClosed ? await askApi() : await poll(supabase, documentId, signal);
      failures = 0;
      const news = JSON.stringify(status);
      gap = news === last ? Math.min(gap * GAP_GROWTH, LONGEST_GAP_MS) : SHORTEST_GAP_MS;
      if (news !== last) onStatus?.(status);
      last = news;
      if (status.status === "complete") return status;
      if (isOver(status)) throw failureOf(status);
    } catch (error) {
      if (
        !isClosed && error instanceof PipelineError && error.code === CLOSED
      ) {
        isClosed = true;
        continue;
      }
      const isTransient = error instanceof PipelineError && error.isTransient;
      if (!isTransient || ++failures > FAILURES_ALLOWED) throw error;
      gap = Math.min(gap * 2, LONGEST_GAP_MS);
    }
    if (isClosed) gap = Math.max(gap, API_GAP_MS);
    if (performance.now() + gap > deadline) {
      const message = `The document is not complete after ${timeoutMs} ms.`;
      throw new PipelineError("timeout", message);
    }
    await pause(gap, signal);
  }
}

async function poll(
  supabase: SupabaseClient,
  documentId: string,
  signal: AbortSignal | undefined,
): Promise<DocumentStatus> {
  throwIfAborted(signal);
  const query = supabase.schema("upload_pipeline").from("document_status")
    .select(STATUS_COLUMNS).eq("document_id", documentId);
  const { data, error, status } =
    await (signal ? query.abortSignal(signal).maybeSingle<StatusRow>() : query.maybeSingle<StatusRow>());
  throwIfAborted(signal);
  if (error) {
    // supabase-js reports status 0 for a request without a response.
    if (status === 0) {
      const message = "The Data API cannot be reached.";
      throw new PipelineError("network_error", message, { cause: error });
    }
    // Without a session, the Data API knows only the project's key.
    if (status === 401) throw sessionExpired(error);
    throw new PipelineError(error.code || "unexpected_answer", error.message, {
      status,
      details: error.details,
      cause: error,
    });
  }
  if (!data) {
    const message = "You have no document with this id.";
    throw new PipelineError("document_not_found", message, { status: 404 });
  }
  return statusOf(data);
}

function isOver({ state }: DocumentStatus): boolean {
  return state === "done" || state === "deadletter";
}

function failureOf({ status, last_error }: DocumentStatus): PipelineError {
  return new PipelineError(
    last_error?.code ?? status,
    last_error?.message ?? `The document's status is ${status}.`,
    { requestId: last_error?.reference },
  );
}
