import type { DocumentStatus } from "./answers.ts";
import type { PipelineError } from "./pipeline_error.ts";

/**
 * `connecting` until the first answer, `live` while Realtime delivers events, `polling` while it does not and the
 * Data API is read instead, `closed` after `close()` or the user's sign-out.
 */
export type LiveState = "connecting" | "live" | "polling" | "closed";

export interface LiveHandlers {
  /**
   * Called with a document's status each time it changes, in the order of the changes. At the start it gets the
   * documents that changed last, so an app that lists documents after subscribing misses nothing; of a document that is
   * new to it, after a gap and while polling, the last status only, not those in between.
   */
  onStatus(status: DocumentStatus): void;
  /** Called when a document was deleted. */
  onRemoved?(documentId: string): void;
  /** Called when `state` changes. */
  onState?(state: LiveState): void;
  /** Called with what went wrong; the subscription continues. */
  onError?(error: PipelineError): void;
}

/** A user's subscription to the status of all of their documents. */
export interface LiveSubscription {
  readonly state: LiveState;
  /** Ends it: no handler is called afterwards. May be called again. */
  close(): void;
}
