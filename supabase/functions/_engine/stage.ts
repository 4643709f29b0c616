import type { Charge } from "./charges.ts";

/** The name of a stage and of its queue. The engine knows no stage by name: `_stages/index.ts` lists them. */
export type StageName = string;

/** The right to settle one message. Void as soon as anybody else has read the message. */
export interface Lease {
  stage: StageName;
  /** A bigint, as text. */
  messageId: string;
  readCount: number;
}

/** A leased message with what the stages need to know of its job and document. */
export interface Job {
  lease: Lease;
  jobId: string;
  documentId: string;
  userId: string;
  mime: string;
  bytesLen: number;
  sha256: string;
  /** Where uploads land. */
  rawPath: string;
  /** Where the bytes lie that one upload brought, or will when they are taken from `rawPath`. */
  originalPath: string;
  /** Whether they are known to be what was announced. */
  isVerified: boolean;
  parsedPath: string | null;
  /** Where each page begins in the parsed Markdown, in UTF-16 code units. */
  pageStarts: number[];
  ocr: boolean;
  /** Where an earlier invocation of this stage left off, in the stage's own terms; null: begin. */
  resume: unknown;
  /** This attempt at this stage, counted from 1. */
  attempt: number;
  /** The id of the request that registered the document; in every log line and event. */
  correlationId: string | null;
}

/** What a stage made of a document, as the database's function for that stage takes it. */
export type Output = Record<string, unknown>;

/** How a provider failed, for its circuit. */
export type ProviderFault = "transient" | "throttled" | "exhausted";

/**
 * How an attempt ends. It takes effect in one transaction behind the fence; when the lease was lost, it changes nothing.
 * - `done`: on to the next stage
 * - `parsed`: on past the parser, since the document is text already
 * - `poll`: the parser is not done; ask again, at growing intervals
 * - `resubmit`: the parser got stuck; submit anew, once
 * - `reparse_pages`: the parser failed on some pages; keep the rest, and ask for these once more
 * - `pause`: come back later, at no cost in attempts
 * - `retry`: the attempt failed; back off, and after the last one give up
 * - `reject`: trying again would not help
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
 * - `"lost"`: somebody else has the message by now
 * - `"continue"`: a part is done and kept; go on in a new invocation, with its own CPU time
 */
export type StageResult = Settlement | "lost" | "continue";

/**
 * One step of a document's way. `run` does the work that lies outside the database and says how to settle it. It throws a
 * ProviderError when a provider failed; any other error is a fault of ours, and is retried.
 */
export interface Stage {
  name: StageName;
  /**
   * @param signal aborts when the lease is lost or the worker shuts down
   * @param charges takes what providers charge for, as soon as that is known; it is recorded however the attempt ends
   */
  run(
    job: Job,
    signal: AbortSignal,
    charges: Charge[],
  ): Promise<StageResult>;
}
