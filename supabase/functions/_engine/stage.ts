import type { Charge } from "./charges.ts";

/** The name of a stage and of its queue. The engine knows no stage by name: `_stages/index.ts` lists them. */
export type StageName = string;

/** The right to settle one attempt: valid until another worker reads the message. */
export interface Lease {
  stage: StageName;
  /** A bigint, as text. */
  messageId: string;
  readCount: number;
}

/** A leased message with the fields of its job and document that stages use. */
export interface Job {
  lease: Lease;
  jobId: string;
  documentId: string;
  userId: string;
  mime: string;
  bytesLen: number;
  sha256: string;
  /** Where the upload URL leads. */
  rawPath: string;
  /** Where the worker keeps the bytes of one upload, once it has moved them from `rawPath`. */
  originalPath: string;
  /** Whether the bytes were found to be what was registered. */
  isVerified: boolean;
  parsedPath: string | null;
  /** Where each page begins in the parsed Markdown, in UTF-16 code units. */
  pageStarts: number[];
  ocr: boolean;
  /** Where an earlier invocation of this stage stopped, as that stage defines it; null: at the beginning. */
  resume: unknown;
  /** This attempt at this stage, counted from 1. */
  attempt: number;
  /** The id of the request that registered the document; in every log line and event. */
  correlationId: string | null;
}

/** What a stage made of a document: a row of the composite type `<stage>_output`, see `composite_types.ts`. */
export type Output = object;

/** How a provider failed, for its circuit. */
export type ProviderFault = "transient" | "throttled" | "exhausted";

/**
 * How an attempt ends. It takes effect in one transaction behind the fence; if the lease was lost, it changes nothing.
 * - `done`: to the next stage, or complete
 * - `parsed`: the document is text already, so past `fetch_result`
 * - `poll`: the parser is at work; ask again, at growing intervals
 * - `resubmit`: the parser is stuck; submit once more
 * - `reparse_pages`: the parser failed on some pages; keep the rest and parse these once more
 * - `pause`: try again later, at no cost in attempts
 * - `retry`: the attempt failed; back off, and reject after the last attempt
 * - `reject`: another attempt would not help
 */
export type Settlement =
  | { outcome: "done"; output?: Output }
  | { outcome: "parsed" | "reparse_pages"; output: Output }
  | { outcome: "poll" }
  | { outcome: "resubmit" | "reject"; code: string; message: string }
  | {
    outcome: "pause";
    afterSeconds: number;
    code?: string;
    message?: string;
    fault?: ProviderFault;
  }
  | {
    outcome: "retry";
    afterSeconds: number;
    code: string;
    message: string;
    fault?: ProviderFault;
  };

export function done(output?: Output): Settlement {
  return { outcome: "done", output };
}

export function reject(
  { code, message }: { code: string; message: string },
): Settlement {
  return { outcome: "reject", code, message };
}

/**
 * What a stage returns: a settlement, or
 * - `"lost"`: another worker has the message
 * - `"continue"`: a portion is done and kept; continue in a new invocation, with its own CPU time
 */
export type StageResult = Settlement | "lost" | "continue";

/**
 * One stage of the pipeline. `run` does the work outside the database and returns how to settle it. It throws a
 * ProviderError when a provider failed; any other error is a defect of the pipeline and leads to a retry.
 */
export interface Stage {
  name: StageName;
  /**
   * @param signal aborts when the lease is lost or the worker shuts down
   * @param charges receives what providers charge, as soon as that is known; it is recorded however the attempt ends
   */
  run(
    job: Job,
    signal: AbortSignal,
    charges: Charge[],
  ): Promise<StageResult>;
}
