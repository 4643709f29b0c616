import type { Tone } from "./badge.tsx";
import "./bar.css";

export interface Segment {
  label: string;
  value: number;
  tone: Tone;
}

interface Props {
  /** What the bar is about. */
  label: string;
  segments: Segment[];
  /** The whole; by default the sum of the segments. */
  of?: number;
}

/** Shares of a whole. The numbers belong beside it as text. */
export function Bar({ label, segments, of }: Props) {
  const sum = segments.reduce((total, { value }) => total + value, 0);
  const whole = Math.max(of ?? sum, sum);
  const words = segments.filter(({ value }) => value > 0).map(({ label, value }) => `${label} ${value}`).join(", ");
  return (
    <div class="bar" role="img" aria-label={`${label}: ${words || "empty"}`}>
      {segments.map(({ label, value, tone }) =>
        value > 0 && <span key={label} class={tone} style={{ width: `${(100 * value) / whole}%` }} />
      )}
    </div>
  );
}
