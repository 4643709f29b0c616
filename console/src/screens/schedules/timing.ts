import { Cron } from "croner";

/** pg_cron's own form for what runs more than once a minute. */
const SECONDS = /^(\d+) seconds?$/;

/** When a schedule runs next, as pg_cron understands its timing (UTC); null if the timing cannot be read. */
export function nextRun(timing: string, lastStartedAt: string | null, now: Date): Date | null {
  const every = SECONDS.exec(timing);
  if (every) {
    const last = lastStartedAt === null ? now.getTime() : Date.parse(lastStartedAt);
    return new Date(Math.max(now.getTime(), last + Number(every[1]) * 1_000));
  }
  try {
    return cronOf(timing).nextRun(now);
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

/** Seconds between two runs; null if the timing cannot be read. */
export function intervalOf(timing: string, now: Date): number | null {
  const every = SECONDS.exec(timing);
  if (every) return Number(every[1]);
  const first = nextRun(timing, null, now);
  const second = first && cronOf(timing).nextRun(first);
  return first && second ? (second.getTime() - first.getTime()) / 1_000 : null;
}

/** The timing in words where it is a simple one. */
export function timingWords(timing: string): string {
  const every = SECONDS.exec(timing);
  if (every) return `every ${every[1]} seconds`;
  if (timing === "* * * * *") return "every minute";
  const hourly = /^(\d+) \* \* \* \*$/.exec(timing);
  if (hourly) return `at minute ${hourly[1]} of each hour`;
  const daily = /^(\d+) (\d+) \* \* \*$/.exec(timing);
  return daily ? `daily at ${daily[2].padStart(2, "0")}:${daily[1].padStart(2, "0")} UTC` : timing;
}

/** pg_cron writes the last day of a month as `$`, where others write `L`. */
function cronOf(timing: string): Cron {
  return new Cron(timing.replace("$", "L"), { timezone: "UTC", mode: "5-part" });
}
