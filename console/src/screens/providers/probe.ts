import type { Functions } from "../../database.types.ts";

export type Provider = Functions["providers"]["Returns"][number];

/** A probe that an operator asked for: what was known then. */
export interface Probe {
  /** Milliseconds, of this machine's clock. */
  askedAt: number;
  failureCount: number;
  /** Jobs that it made due. */
  madeDue: number;
}

export interface Outcome {
  word: "under way" | "succeeded" | "failed" | "not sent";
  text: string;
}

/** Workers claim a probe within seconds: the sweep wakes them every five. */
const EXPECTED_MS = 30_000;

type Facts = Pick<
  Provider,
  "circuit" | "failure_count" | "code" | "message" | "due_count" | "paused_stages" | "stages"
>;

/** What became of a probe, from the provider as it is now. */
export function outcomeOf(probe: Probe, now: Facts, nowMs: number): Outcome {
  if (now.circuit === "closed") {
    return { word: "succeeded", text: "The provider answered. The circuit is closed, and the jobs continue." };
  }
  if (now.failure_count > probe.failureCount) {
    return {
      word: "failed",
      text: `The provider still fails: ${now.message ?? "no message"} (${now.code ?? "no code"}).`,
    };
  }
  if (now.stages.length > 0 && now.paused_stages.length === now.stages.length) {
    return { word: "not sent", text: "Every stage that calls it is paused. Resume one: its next job is the probe." };
  }
  if (nowMs - probe.askedAt < EXPECTED_MS) {
    return { word: "under way", text: "The probe is due: the next worker sends it." };
  }
  return {
    word: "not sent",
    text: now.due_count === 0
      ? "No job waits for it. The next one that reaches its stage is the probe."
      : "No worker has sent it yet. See whether workers are called: Schedules.",
  };
}
