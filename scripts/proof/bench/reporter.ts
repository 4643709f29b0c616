import { now } from "./clock.ts";
import type { Start } from "./collector.ts";

/** How long starts are collected before they are sent, so that sending does not disturb the measurement. */
const GATHER_MS = 10;

export interface Reporter {
  /** Records that the step of the job starts now. */
  started(jobId: string, step: number): void;
}

/** Reports job starts to the collector in the background. For worker processes. */
export function createReporter(collectorUrl: string): Reporter {
  let gathered: Start[] = [];

  function send(): void {
    const body = JSON.stringify(gathered);
    gathered = [];
    fetch(collectorUrl, { method: "POST", body })
      .then((response) => response.body?.cancel())
      .catch((error) => console.error("starts could not be reported:", error));
  }

  return {
    started(jobId, step) {
      if (gathered.length === 0) setTimeout(send, GATHER_MS);
      gathered.push({ jobId, step, at: now() });
    },
  };
}
