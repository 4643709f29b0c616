import { WEAK_BELOW } from "./question.ts";

/** How well a passage fits, in words: `weak` ones are there only because nothing is nearer. */
export type Strength = "very good" | "good" | "fair" | "weak";

export const STRENGTHS: Strength[] = ["weak", "fair", "good", "very good"];

export function strengthOf(score: number): Strength {
  if (score >= 0.75) return "very good";
  if (score >= 0.5) return "good";
  return score >= WEAK_BELOW ? "fair" : "weak";
}
