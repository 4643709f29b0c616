import { keepPreviousData, useQuery } from "@tanstack/preact-query";
import type { Functions } from "../../database.types.ts";
import { callOperator, OperatorError } from "../../operator.ts";
import { type Series, timesOf } from "../../parts/series.ts";

export const RANGES = ["1 hour", "24 hours", "30 days"] as const;
export type Range = (typeof RANGES)[number];

export type StageHistory = Functions["overview_history"]["Returns"][number];

/** The range within a sentence: "in …". */
export const LAST: Record<Range, string> = {
  "1 hour": "the last hour",
  "24 hours": "the last 24 hours",
  "30 days": "the last 30 days",
};

/** What a plot has a line of. */
type Measure = "p50_seconds" | "p95_seconds" | "oldest_due_seconds" | "message_counts";

/** Queues are sampled each half a minute, and time passes without a document. */
const EVERY_MS = 30_000;

/** The range that an address names, or else the last hour. */
export function rangeOf(text: string | null): Range {
  return RANGES.find((range) => range === text) ?? RANGES[0];
}

/**
 * The history, read again when further events have been counted: it is larger than the rest of the screen, and changes
 * less often.
 */
export function useHistory(range: Range, countedTo: number | undefined) {
  return useQuery<StageHistory[], OperatorError>({
    queryKey: ["overview_history", range, countedTo],
    queryFn: ({ signal }) => callOperator("overview_history", { p_range: range }, signal),
    placeholderData: keepPreviousData,
    refetchInterval: EVERY_MS,
    refetchIntervalInBackground: false,
    enabled: countedTo !== undefined,
  });
}

/** The times of all stages, which are the same. */
export function timesOfHistory(history: StageHistory[]): number[] {
  const [{ since, step_seconds, transition_counts }] = history;
  return timesOf(since, step_seconds, transition_counts.length);
}

export function documentsOf(history: StageHistory[]): StageHistory {
  return history.find(({ stage }) => stage === "document")!;
}

/** One line for each stage, in the order of the pipeline. */
export function linesOf(history: StageHistory[], stages: string[], measure: Measure): Series[] {
  return stages.map((label) => ({
    label,
    values: history.find(({ stage }) => stage === label)?.[measure] ?? [],
  }));
}

export function sumOf(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
