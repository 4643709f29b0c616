import { pause } from "../../../client/src/pause.ts";
import type { DocumentStatus, PipelineClient } from "../../../client/src/index.ts";
import { step } from "./failure.ts";
import type { History, HistoryEvent } from "./history.ts";
import type { Screen } from "../terminal/screen.ts";

/** Milliseconds between polls of the document's history. */
const HISTORY_GAP_MS = 150;
/** Seconds without a change after which the demo shows what the document waits for. */
const REMARK_AFTER = 15;

/**
 * Watches a document until it is complete. It shows every status once, with the seconds since registration from the
 * database, so that it includes statuses of a few milliseconds.
 * @returns the seconds from registration to completion
 * @throws {DemoError} if the document failed, or exceeded the client's time-out
 */
export async function followToEnd(
  pipeline: Pick<PipelineClient, "waitUntilComplete">,
  history: History,
  documentId: string,
  screen: Screen,
  signal: AbortSignal,
): Promise<number> {
  const timeline = new Timeline(screen, await history.meanings());
  let latest: DocumentStatus | undefined;
  let hasEnded = false;
  const end = step(
    "Processing the document",
    () =>
      pipeline.waitUntilComplete(documentId, {
        onStatus: (status) => latest = status,
        signal,
      }),
  ).finally(() => hasEnded = true);
  // Reading the history may fail before the document does; the last await reports that.
  end.catch(() => {});

  let lastNewsAt = performance.now();
  let nextRemarkAt = lastNewsAt + REMARK_AFTER * 1000;
  const showNews = async () => timeline.show(await history.events(documentId, timeline.lastEventNo));
  while (!hasEnded) {
    const now = performance.now();
    if (await showNews()) {
      lastNewsAt = now;
      nextRemarkAt = now + REMARK_AFTER * 1000;
    } else if (latest && now >= nextRemarkAt) {
      screen.moment(
        timeline.seconds + (now - lastNewsAt) / 1000,
        `still ${latest.status}`,
        describeWait(latest),
      );
      nextRemarkAt = now + REMARK_AFTER * 1000;
    }
    await Promise.race([pause(HISTORY_GAP_MS, signal), end]).catch(() => {});
    signal.throwIfAborted();
  }
  await showNews();
  await end;
  return timeline.seconds;
}

function describeWait(status: DocumentStatus): string {
  if (status.queue_position) {
    return `position ${status.queue_position} in the user queue`;
  }
  if (status.next_attempt_at) {
    return `next attempt at ${status.next_attempt_at}`;
  }
  return "no change yet; a large document takes a while";
}

/** The displayed history of the document: in order, each event once, with times from the first. */
export class Timeline {
  readonly #screen: Screen;
  readonly #meanings: Map<string, string>;
  #firstAt: number | undefined;
  lastEventNo = 0;
  /** Seconds from the first event to the latest. */
  seconds = 0;

  constructor(screen: Screen, meanings: Map<string, string>) {
    this.#screen = screen;
    this.#meanings = meanings;
  }

  /** @returns whether there were new events */
  show(events: HistoryEvent[]): boolean {
    for (const event of events) {
      const at = Date.parse(event.created_at);
      this.#firstAt ??= at;
      this.seconds = (at - this.#firstAt) / 1000;
      this.lastEventNo = event.event_no;
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
