import type { Tone } from "../../parts/badge.tsx";

interface Summary {
  submitted_1h: number;
  awaited_1h: number;
  missing_1h: number;
  late_1h: number;
}

/** Whether LlamaParse's callbacks come, as a sentence. Documents do not depend on them: polling fetches results too. */
export function standingOf({ submitted_1h, awaited_1h, missing_1h, late_1h }: Summary): { tone: Tone; text: string } {
  const ended = submitted_1h - awaited_1h;
  if (submitted_1h === 0) return { tone: "quiet", text: "Nothing was submitted within the last hour." };
  if (ended === 0) return { tone: "busy", text: "The callbacks of the last hour's submissions are still awaited." };
  if (missing_1h === ended) {
    return { tone: "warn", text: "No callback came within the last hour; results are fetched by polling." };
  }
  if (missing_1h > 0) return { tone: "warn", text: `${missing_1h} of ${ended} callbacks did not come.` };
  if (late_1h > 0) return { tone: "good", text: `All callbacks came, ${late_1h} of ${ended} after polling.` };
  return { tone: "good", text: "All callbacks came in time." };
}

/** "Mon 14:00", where the reader is. */
export function hourTitle(since: string, timeZone?: string): string {
  const part = (options: Intl.DateTimeFormatOptions) =>
    new Date(since).toLocaleString("en-GB", { ...options, timeZone });
  return `${part({ weekday: "short" })} ${part({ hour: "2-digit", minute: "2-digit" })}`;
}

interface Backlog {
  given_up_count: number;
  waiting_count: number;
}

/** What a resend of all does, before it is done. */
export function resendText({ given_up_count, waiting_count }: Backlog): string {
  if (given_up_count + waiting_count === 0) return "Every notification of this endpoint was delivered.";
  const parts = [
    given_up_count > 0 && `${count(given_up_count)} given up`,
    waiting_count > 0 && `${count(waiting_count)} waiting for the next attempt`,
  ].filter(Boolean);
  return `${parts.join(" and ")} will be due at once, with twelve attempts each.`;
}

/** The endpoints' backlogs are counted up to here. */
const MOST_COUNTED = 10_000;

export function backlogText(value: number): string {
  return value > MOST_COUNTED ? `${MOST_COUNTED.toLocaleString("en")}+` : value.toLocaleString("en");
}

function count(value: number): string {
  return `${value.toLocaleString("en")} notification${value === 1 ? "" : "s"}`;
}
