import {
  type ApiClient,
  DemoError,
  type DocumentStatus,
  type HistoryEvent,
} from "./api_client.ts";
import type { Screen } from "./screen.ts";

/** Milliseconds between two looks at the document's history. */
const HISTORY_GAP_MS = 150;
/** Seconds between the first calls of the status route, and between all later ones: the API allows ten a minute. */
const FIRST_STATUS_GAPS = [0.2, 0.5, 1, 2, 4, 6, 9, 13, 13];
const STATUS_GAP = 7;
/** Seconds without news after which the reader is told what the document waits for, and after which we give up. */
const REMARK_AFTER = 15;
const GIVE_UP_AFTER = 600;

/** The calls by which a document is watched. */
type DocumentNews = Pick<ApiClient, "status" | "history" | "meanings">;

/**
 * Watches a document until it is complete. Every status is shown once, with the seconds since its registration as
 * the database recorded them; so a status that lasted a few milliseconds is shown too.
 * The status route has the last word on how it ended.
 * @returns the seconds from registration to completion
 * @throws {DemoError} if the document failed, or if nothing happened for ten minutes
 */
export async function followToEnd(
  api: DocumentNews,
  documentId: string,
  screen: Screen,
  signal: AbortSignal,
): Promise<number> {
  const timeline = new Timeline(screen, await api.meanings());
  const statusGaps = FIRST_STATUS_GAPS.values();
  let nextStatusAt = performance.now();
  let lastNewsAt = performance.now();
  let nextRemarkAt = lastNewsAt + REMARK_AFTER * 1000;

  while (true) {
    const hasNews = timeline.show(
      await api.history(documentId, timeline.lastEventNo),
    );
    const now = performance.now();
    if (hasNews) {
      lastNewsAt = now;
      nextRemarkAt = now + REMARK_AFTER * 1000;
      if (timeline.atRest) nextStatusAt = now;
    }

    if (now >= nextStatusAt) {
      const answer = await askForStatus(api, documentId);
      if (typeof answer === "number") {
        nextStatusAt = now + answer * 1000;
      } else {
        nextStatusAt = now +
          (statusGaps.next().value ?? STATUS_GAP) * 1000;
        if (answer.state === "done" || answer.state === "deadletter") {
          timeline.show(await api.history(documentId, timeline.lastEventNo));
          return conclude(answer, timeline);
        }
        if (now >= nextRemarkAt) {
          screen.moment(
            timeline.seconds + (now - lastNewsAt) / 1000,
            `still ${answer.status}`,
            describeWait(answer),
          );
          nextRemarkAt = now + REMARK_AFTER * 1000;
        }
      }
    }
    if (now - lastNewsAt > GIVE_UP_AFTER * 1000) {
      throw new DemoError(
        `Nothing has happened for ${
          GIVE_UP_AFTER / 60
        } minutes; the document is still ${timeline.lastStatus}`,
      );
    }
    await pause(HISTORY_GAP_MS, signal);
  }
}

/** The document's status, or the seconds to wait if we have asked too often. */
async function askForStatus(
  api: DocumentNews,
  documentId: string,
): Promise<DocumentStatus | number> {
  try {
    return await api.status(documentId);
  } catch (error) {
    if (error instanceof DemoError && error.particulars.status === 429) {
      return Math.max(1, error.particulars.retryAfter ?? STATUS_GAP);
    }
    throw error;
  }
}

function conclude(answer: DocumentStatus, timeline: Timeline): number {
  if (answer.status === "complete") return timeline.seconds;
  const fault = answer.last_error;
  if (!fault) {
    throw new DemoError(
      `The document did not complete: its status is ${answer.status}`,
    );
  }
  const reference = fault.reference ?? undefined;
  // The API repeats the reference within the sentence; it is shown on a line of its own.
  throw new DemoError(
    fault.message.replace(` (Reference: ${reference})`, ""),
    { code: fault.code, reference },
  );
}

function describeWait(answer: DocumentStatus): string {
  if (answer.queue_position) {
    return `number ${answer.queue_position} in the queue`;
  }
  if (answer.next_attempt_at) {
    return `next attempt at ${answer.next_attempt_at}`;
  }
  return "no news; this may take a while with a large document";
}

/** The document's history as it is shown: in order, each event once, timed from the first. */
export class Timeline {
  readonly #screen: Screen;
  readonly #meanings: Map<string, string>;
  #firstAt: number | undefined;
  lastEventNo = 0;
  lastStatus = "unknown";
  /** Seconds from the first event to the latest. */
  seconds = 0;
  /** True once the latest event is one after which nothing more is to come. */
  atRest = false;

  constructor(screen: Screen, meanings: Map<string, string>) {
    this.#screen = screen;
    this.#meanings = meanings;
  }

  /** @returns whether there was anything to show */
  show(events: HistoryEvent[]): boolean {
    for (const event of events) {
      const at = Date.parse(event.created_at);
      this.#firstAt ??= at;
      this.seconds = (at - this.#firstAt) / 1000;
      this.lastEventNo = event.event_no;
      this.lastStatus = event.status;
      this.atRest = event.status === "complete" ||
        event.status.startsWith("failed_") || event.status === "expired";
      this.#screen.moment(this.seconds, ...this.#describe(event));
    }
    return events.length > 0;
  }

  #describe(event: HistoryEvent): [name: string, remark: string] {
    if (event.type === "status") {
      return [event.status, this.#meanings.get(event.status) ?? ""];
    }
    const where = event.stage ? `${event.stage}: ` : "";
    const why = [event.code, event.message].filter(Boolean).join(", ");
    return [`  ${event.type}`, where + why];
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal.addEventListener("abort", stop, { once: true });
  });
}
