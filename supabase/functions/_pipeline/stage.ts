/** The stages, in the order in which a document passes them. Each has a queue of the same name. */
export const STAGES = ["parse", "collect", "chunk", "embed"] as const;
export type StageName = typeof STAGES[number];

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
  rawPath: string;
  parsedPath: string | null;
  /** Where each page begins in the parsed Markdown, in UTF-16 code units. */
  pageStarts: number[];
  ocr: boolean;
  /** This attempt at this stage, counted from 1. */
  attempt: number;
  /** The id of the request that registered the document; in every log line and event. */
  correlationId: string | null;
}

/**
 * How an attempt ends. `settle` is one database transaction behind the fence: it takes effect and answers true, or,
 * when the lease was lost, changes nothing and answers false.
 */
export interface Settlement {
  outcome: "done" | "paused" | "rejected" | "lost";
  code?: string;
  settle(): Promise<boolean>;
}

export function done(settle: () => Promise<boolean>): Settlement {
  return { outcome: "done", settle };
}

export function paused(settle: () => Promise<boolean>): Settlement {
  return { outcome: "paused", settle };
}

export function rejected(
  code: string,
  settle: () => Promise<boolean>,
): Settlement {
  return { outcome: "rejected", code, settle };
}

/** Somebody else has the message by now. */
export const lost: Settlement = {
  outcome: "lost",
  settle: () => Promise.resolve(false),
};

/**
 * One step of a document's way. `run` does the work that lies outside the database and returns how to settle it. It
 * throws a ProviderError when a provider failed; any other error is a fault of ours, and is retried.
 */
export interface Stage {
  name: StageName;
  /** @param signal aborts when the lease is lost or the worker shuts down */
  run(job: Job, signal: AbortSignal): Promise<Settlement>;
}
