import type { Functions } from "../../database.types.ts";
import type { Tone } from "../../parts/badge.tsx";
import { intervalOf } from "./timing.ts";

export type Schedule = Functions["schedules"]["Returns"][number];
export type Calls = Functions["database_calls"]["Returns"][number];

export interface Health {
  word: string;
  tone: Tone;
  text: string;
}

/** A job that missed this many of its runs does not run. */
const MISSED_RUNS = 3;
/** pg_cron begins jobs within a few seconds. */
const SLACK_SECONDS = 30;
/** Longer than a worker takes to answer, and than pg_net's time-out. */
const WAITING_SECONDS = 30;

/** How one schedule stands. */
export function scheduleHealth(
  schedule: Pick<Schedule, "is_active" | "timing" | "last_started_at" | "last_success_at" | "last_failure_at">,
  now: Date,
): Health {
  const { is_active, timing, last_started_at, last_success_at, last_failure_at } = schedule;
  if (!is_active) return { word: "off", tone: "warn", text: "It is switched off in pg_cron." };
  if (last_started_at === null) return { word: "not run yet", tone: "quiet", text: "pg_cron keeps no run of it." };
  const interval = intervalOf(timing, now);
  const late = (now.getTime() - Date.parse(last_started_at)) / 1_000;
  if (interval !== null && late > MISSED_RUNS * interval + SLACK_SECONDS) {
    return { word: "stopped", tone: "bad", text: "It has missed several runs." };
  }
  const failedLast = last_failure_at !== null &&
    (last_success_at === null || Date.parse(last_failure_at) > Date.parse(last_success_at));
  if (failedLast) return { word: "failing", tone: "bad", text: "Its latest run failed." };
  return { word: "runs", tone: "good", text: "" };
}

/** Whether pg_cron works: it does if any of its schedules runs. */
export function cronHealth(schedules: Schedule[], now: Date): Health {
  const words = schedules.map((schedule) => scheduleHealth(schedule, now).word);
  if (schedules.length === 0) {
    return { word: "no schedules", tone: "bad", text: "The pipeline's schedules are missing: apply its migrations." };
  }
  if (words.every((word) => word === "stopped" || word === "not run yet" || word === "off")) {
    return {
      word: "stands still",
      tone: "bad",
      text:
        "No schedule runs: retries, polls and lost wake-ups wait. See whether pg_cron is loaded and its database is this one.",
    };
  }
  const bad = words.filter((word) => word === "stopped" || word === "failing").length;
  return bad > 0
    ? { word: "works", tone: "warn", text: `${bad} of ${schedules.length} schedules need attention.` }
    : { word: "works", tone: "good", text: `${schedules.length} schedules run.` };
}

/** Whether pg_net works: what it was asked to send, it has sent. */
export function netHealth(calls: Calls): Health {
  if ((calls.oldest_waiting_seconds ?? 0) > WAITING_SECONDS) {
    return {
      word: "stands still",
      tone: "bad",
      text: "Calls wait and are not sent. Its worker may have died: select net.worker_restart();",
    };
  }
  const failed = calls.refused_count + calls.unanswered_count;
  const all = failed + calls.answered_count;
  if (all === 0) return { word: "not used", tone: "quiet", text: "No worker was called in the last hour." };
  if (failed === 0) return { word: "works", tone: "good", text: `All ${all} calls of the last hour were answered.` };
  return {
    word: failed === all ? "fails" : "works",
    tone: failed === all ? "bad" : "warn",
    text: `${failed} of ${all} calls in the last hour failed; the sweep repeats what is due.`,
  };
}
