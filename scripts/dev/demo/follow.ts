import { pause } from "../../../client/pause.ts";
import type {
  DocumentStatus,
  PipelineClient,
} from "../../../client/pipeline_client.ts";
import { step } from "./failure.ts";
import type { History, HistoryEvent } from "./history.ts";
import type { Screen } from "../terminal/screen.ts";

/** Milliseconds between two looks at the document's history. */
const HISTORY_GAP_MS = 150;
/** Seconds without news after which the reader is told what the document waits for. */
const REMARK_AFTER = 15;

/**
 * Watches a document until it is complete. Every status is shown once, with the seconds since its registration as
 * the database recorded them; so a status that lasted a few milliseconds is shown too.
 * @returns the seconds from registration to completion
 * @throws {DemoError} if the document failed, or took longer than the client waits
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
  // It may fail while the history is read; what is awaited last says so.
  end.catch(() => {});

  let lastNewsAt = performance.now();
  let nextRemarkAt = lastNewsAt + REMARK_AFTER * 1000;
  const showNews = async () =>
    timeline.show(await history.events(documentId, timeline.lastEventNo));
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
    return `number ${status.queue_position} in the queue`;
  }
  if (status.next_attempt_at) {
    return `next attempt at ${status.next_attempt_at}`;
  }
  return "no news; this may take a while with a large document";
}

/** The document's history as it is shown: in order, each event once, timed from the first. */
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

  /** @returns whether there was anything to show */
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
