import type { ComponentChildren } from "preact";

export type Tone = "good" | "bad" | "warn" | "busy" | "quiet";

/** A state in a word. The word says it; the colour only repeats it. */
export function Badge({ tone, children }: { tone: Tone; children: ComponentChildren }) {
  return <span class={`badge ${tone}`}>{children}</span>;
}
