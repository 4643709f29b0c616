import { useState } from "preact/hooks";
import type { DocumentStatus } from "supabase-document-pipeline-client";
import { useTexts } from "../../language.ts";
import { shownName } from "../../parts/name.tsx";
import { ErrorNotice } from "../../parts/notices.tsx";
import { hrefOf } from "../../route.ts";
import { save } from "./downloads.ts";
import { ReparseDialog } from "./reparse_dialog.tsx";
import { hasReached, isActive } from "./steps.ts";
import { TextDialog } from "./text_dialog.tsx";
import { TEXTS } from "./texts.ts";
import { useAct } from "./use_act.ts";

interface Props {
  document: DocumentStatus;
  /** Asks, and deletes it. */
  remove(): void;
  /** Whether everything is offered, as on the document's own page, or what a list has room for. */
  isWhole?: boolean;
  /** Whether there are files to download, where it is known. By default as far as the status says. */
  hasOriginal?: boolean;
  hasText?: boolean;
}

/** What can be done with a document now. A failure is shown below. */
export function DocumentActions(props: Props) {
  const { document, remove, isWhole = false } = props;
  const { status, state } = document;
  const { hasOriginal = hasReached(status, "parse_queued"), hasText = hasReached(status, "parsed") } = props;
  const t = useTexts(TEXTS).actions;
  const { act, isBusy, error, errorText } = useAct();
  const [opened, setOpened] = useState<"reparse" | "text" | null>(null);

  const button = (title: string, onClick: () => void, look?: string) => (
    <button
      type="button"
      class={look}
      disabled={isBusy}
      aria-label={t.of(title, shownName(document.filename))}
      onClick={onClick}
    >
      {title}
    </button>
  );
  const isComplete = status === "complete";
  return (
    <>
      <span class="actions document-actions">
        {(state === "deadletter" || state === "retryable") &&
          button(t.retry, () => void act((client) => client.retry(document.job_id), t.retrying))}
        {isComplete && (
          <a
            class="button"
            href={hrefOf(["search"], { document: document.document_id })}
            aria-label={t.of(t.search, shownName(document.filename))}
          >
            {t.search}
          </a>
        )}
        {isWhole && isComplete && button(t.reparse, () => setOpened("reparse"))}
        {hasOriginal && button(t.download, () => void act(() => save(document, "original")))}
        {isWhole && hasText && button(t.showText, () => setOpened("text"))}
        {isWhole && hasText && button(t.downloadText, () => void act(() => save(document, "markdown")))}
        {button(t.remove, remove, isWhole ? "danger" : undefined)}
      </span>
      <ErrorNotice error={error} text={errorText} />
      {isWhole && !isActive(document) && (
        <ReparseDialog
          document={document}
          isOpen={opened === "reparse"}
          onClose={() => setOpened(null)}
        />
      )}
      {isWhole && <TextDialog document={document} isOpen={opened === "text"} onClose={() => setOpened(null)} />}
    </>
  );
}
