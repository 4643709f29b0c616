/** The rules are evaluated twice a minute; three times without is no coincidence. */
const LATE_MS = 100_000;

/** Whether open alerts may be missing because the rules are not evaluated. */
export function isEvaluatedLate(evaluatedAt: string | null, now: number): boolean {
  return evaluatedAt === null || now - Date.parse(evaluatedAt) > LATE_MS;
}

/** How long an alert was open, in seconds; of an open one, so far. */
export function openSeconds({ opened_at, closed_at }: { opened_at: string; closed_at: string | null }, now: number) {
  return Math.max(0, ((closed_at === null ? now : Date.parse(closed_at)) - Date.parse(opened_at)) / 1000);
}
