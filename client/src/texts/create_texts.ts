import type { DocumentStatus, LastError, SearchNotice, Warning } from "../answers.ts";
import type { UploadSnapshot } from "../upload_task.ts";
import { PipelineError } from "../pipeline_error.ts";
import type { SearchReason, State, Status } from "../vocabulary.ts";
import type { Catalogue, Kind, Text } from "./catalogue.ts";
import { fill, type Values } from "./fill.ts";
import { valuesOfError, writerOf } from "./values.ts";

/** Sentences for the users of an app, in the language of a catalogue. */
export interface Texts {
  /** Why a call failed, and what the user can do. Takes whatever was caught. */
  error(error: unknown): string;
  /** How a document stands: why it failed or waits, or its status. */
  document(document: Pick<DocumentStatus, "status" | "state"> & Partial<DocumentStatus>): string;
  /** Why a document failed: its `last_error`. */
  failure(error: LastError): string;
  status(status: Status): string;
  state(state: State): string;
  warning(warning: Pick<Warning, "code" | "pages">): string;
  notice(notice: SearchNotice): string;
  searchReason(reason: SearchReason): string;
  upload(upload: Pick<UploadSnapshot, "state" | "filename" | "progress" | "error" | "waitingFor">): string;
}

/**
 * @param catalogue `english`, `german` (of the entry `./texts/de`), or one of your own: `{…} satisfies Catalogue`, where
 * a missing text is an error of the compiler
 */
export function createTexts(catalogue: Catalogue): Texts {
  const { language, general } = catalogue;
  const writer = writerOf(language, general.and);
  const write = (text: Text, values: Values = {}) => fill(text, values, language);

  /** The text of a code; for a code that the catalogue lacks, the general text, which names it. */
  function look(kind: Kind, code: string, unknown: Text, values: Values = {}): string {
    return write(textOf(catalogue, kind, code) ?? unknown, { ...values, code });
  }

  const failure = ({ code, reference }: LastError) => look("failures", code, general.unknownFailure, { reference });

  function error(caught: unknown): string {
    if (!(caught instanceof PipelineError)) return look("errors", signInCode(caught), general.unknownError);
    const { code, details, requestId } = caught;
    const reason = reasonIn(details);
    const values = {
      ...valuesOfError(caught, writer),
      reference: requestId ?? undefined,
      reason: reason && look("failures", reason, general.unknownFailure),
    };
    if (textOf(catalogue, "errors", code)) return look("errors", code, general.unknownError, values);
    // A document's failure, or that of a service, which the API writes in lower case.
    const failed = code.toUpperCase();
    if (textOf(catalogue, "failures", failed)) return look("failures", failed, general.unknownFailure, values);
    return look("errors", code, general.unknownError, values);
  }

  function waiting(code: string, position: number | undefined): string {
    if (textOf(catalogue, "failures", code) && !textOf(catalogue, "waiting", code)) return write(general.serviceAway);
    return look("waiting", code, general.unknownWaiting, { position, count: position });
  }

  const status = (status: Status) => look("statuses", status, general.unknownStatus);

  return {
    error,
    failure,
    status,

    document({ status: stands, state, last_error, waiting_for, queue_position, next_attempt_at }) {
      if (state === "deadletter" && last_error) return failure(last_error);
      if (stands === "complete" && last_error) return write(general.reparseFailed, { reason: failure(last_error) });
      if (state === "done" || state === "deadletter") return status(stands);
      if (waiting_for) return waiting(waiting_for, queue_position);
      if (state === "retryable") {
        const seconds = next_attempt_at ? (Date.parse(next_attempt_at) - Date.now()) / 1000 : 0;
        return write(general.triedAgain, { when: seconds > 1 ? writer.duration(seconds) : undefined });
      }
      return status(stands);
    },

    state: (state) => look("states", state, general.unknownState),

    warning: ({ code, pages = [] }) =>
      look("warnings", code, general.unknownWarning, {
        count: pages.length,
        pages: pages.length > 0 ? writer.pages(pages) : undefined,
      }),

    notice: ({ code, word, taken_for, words = [] }) =>
      look("notices", code, general.unknownNotice, {
        word,
        takenFor: taken_for,
        count: words.length,
        words: words.length > 0 ? writer.list(words) : undefined,
      }),

    searchReason: (reason) => look("searchReasons", reason, general.unknownSearchReason),

    upload({ state, filename, progress, error: failed, waitingFor }) {
      if (state === "failed" && failed) return error(failed);
      if (state === "waiting" && waitingFor) {
        return look("uploadWaits", waitingFor, general.unknownUpload, { filename });
      }
      const percent = progress.total > 0 ? Math.floor(100 * progress.sent / progress.total) : 0;
      return look("uploads", state, general.unknownUpload, { filename, percent });
    },
  };
}

/** Undefined for a code that the catalogue does not have, and for names of every object. */
function textOf(catalogue: Catalogue, kind: Kind, code: string): Text | undefined {
  const texts: { readonly [code: string]: Text } = catalogue[kind];
  return Object.prototype.hasOwnProperty.call(texts, code) ? texts[code] : undefined;
}

/**
 * The code of an error of supabase-js's sign-in (https://supabase.com/docs/guides/auth/debugging/error-codes); the API
 * passes these codes on, so that the catalogue has their texts.
 */
function signInCode(caught: unknown): string {
  const { name, code } = (caught ?? {}) as { name?: unknown; code?: unknown };
  if (name === "AuthRetryableFetchError") return "network_error";
  return typeof code === "string" ? code : "unexpected_error";
}

/** The code of the failure for which a document is refused. */
function reasonIn(details: unknown): string | undefined {
  const reason = (details as { reason?: unknown } | null | undefined)?.reason;
  return typeof reason === "string" ? reason : undefined;
}
