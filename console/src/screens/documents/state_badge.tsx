import { Badge, type Tone } from "../../parts/badge.tsx";

interface Props {
  status: string;
  state: string;
  /** Whether the document is complete with warnings. */
  isWarned?: boolean;
}

/** How far a document is. The colour says how it is doing. */
export function StateBadge({ status, state, isWarned }: Props) {
  return <Badge tone={toneOf({ status, state, isWarned })}>{status}</Badge>;
}

function toneOf({ status, state, isWarned }: Props): Tone {
  switch (state) {
    case "deadletter":
      return "bad";
    case "retryable":
      return "warn";
    case "working":
      return "busy";
    case "done":
      return status !== "complete" ? "quiet" : isWarned ? "warn" : "good";
    default:
      return "quiet";
  }
}
