import type { SupabaseClient } from "@supabase/supabase-js";
import { throwIfAborted } from "./abort.ts";
import type { DocumentStatus } from "./answers.ts";
import { Change } from "./change.ts";
import { dataApi, dataOf, SCHEMA_NOT_EXPOSED } from "./data_api.ts";
import { liveFeedOf } from "./live_feed.ts";
import { pause } from "./pause.ts";
import { PipelineError } from "./pipeline_error.ts";
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
/** While a live subscription of the client shows changes, polls only make sure. */
const LIVE_GAP_MS = 10_000;

/** The most polls in a row that may fail. */
const FAILURES_ALLOWED = 5;

/**
 * Waits until a document is complete. After a failed reparse the document is complete as before: its `last_error` says
 * why, and its `warnings` what is still missing. Polls the view `document_status` through the Data API, under row-level
 * security, where the limit of status polls does not apply; if the project does not expose it, polls the API, less
 * often. While a live subscription of the same client is live, it polls when the document changes, and rarely besides.
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
  const live = liveFeedOf(supabase);
  const change = new Change(live, documentId);
  let last: string | undefined;
  let gap = SHORTEST_GAP_MS;
  let failures = 0;
  let isClosed = false;

  try {
    for (;;) {
      change.reset();
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
        if (!isClosed && error instanceof PipelineError && error.code === SCHEMA_NOT_EXPOSED) {
          isClosed = true;
          continue;
        }
        const isTransient = error instanceof PipelineError && error.isTransient;
        if (!isTransient || ++failures > FAILURES_ALLOWED) throw error;
        gap = Math.min(gap * 2, LONGEST_GAP_MS);
      }
      if (isClosed) gap = Math.max(gap, API_GAP_MS);
      const isLive = live.isLive && !isClosed && failures === 0;
      const wait = isLive ? Math.max(gap, Math.min(LIVE_GAP_MS, deadline - performance.now())) : gap;
      if (performance.now() + wait > deadline) {
        throw new PipelineError("timeout", `The document is not complete after ${timeoutMs} ms.`);
      }
      await (isLive ? change.next(wait, signal) : pause(wait, signal));
    }
  } finally {
    change.stop();
  }
}

async function poll(
  supabase: SupabaseClient,
  documentId: string,
  signal: AbortSignal | undefined,
): Promise<DocumentStatus> {
  throwIfAborted(signal);
  const query = dataApi(supabase).from("document_status").select(STATUS_COLUMNS).eq("document_id", documentId);
  const row = dataOf(
    await (signal ? query.abortSignal(signal).maybeSingle<StatusRow>() : query.maybeSingle<StatusRow>()),
    signal,
  );
  if (row) return statusOf(row);
  throw new PipelineError("document_not_found", "You have no document with this id.", { status: 404 });
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
