import type { DocumentStatus } from "supabase-document-pipeline-client";
import { formatAgo } from "../../format.ts";
import { useTexts } from "../../language.ts";
import { Badge, type Tone } from "../../parts/badge.tsx";
import { useUserTexts } from "../../user_texts.ts";
import { waits } from "./steps.ts";
import { TEXTS } from "./texts.ts";

export function StateBadge({ document }: { document: DocumentStatus }) {
  const texts = useUserTexts();
  return <Badge tone={toneOf(document)}>{texts.state(document.state)}</Badge>;
}

/** How the document stands, in a sentence, and what its user should do. */
export function Sentence({ document, now }: { document: DocumentStatus; now: number }) {
  const t = useTexts(TEXTS);
  const texts = useUserTexts();
  const { status, state, waiting_for, next_attempt_at } = document;
  // The sentence of a failed attempt names the next one itself.
  const isTimed = waiting_for && waits(document) && next_attempt_at && Date.parse(next_attempt_at) > now;
  return (
    <p class={state === "deadletter" ? "bad tone" : "muted"}>
      {texts.document(document)}
      {isTimed && ` ${t.steps.nextAttempt(formatAgo(next_attempt_at, now))}.`}
      {status === "awaiting_upload" && ` ${t.list.continueUpload}`}
    </p>
  );
}

function toneOf({ status, state, warnings, last_error }: DocumentStatus): Tone {
  if (state === "deadletter") return "bad";
  if (state === "retryable") return "warn";
  if (state !== "done") return state === "queued" ? "quiet" : "busy";
  if (status !== "complete") return "quiet";
  return warnings.length > 0 || last_error ? "warn" : "good";
}
