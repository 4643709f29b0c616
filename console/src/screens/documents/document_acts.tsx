import { useState } from "preact/hooks";
import { useAct } from "../../operator.ts";
import { ErrorNotice } from "../../parts/notices.tsx";
import { RedriveDialog } from "../../parts/redrive_dialog.tsx";
import { toast } from "../../parts/toasts.tsx";
import { useMayAct } from "../../session_context.ts";
import type { Document } from "./document_page.tsx";

const OUTCOMES: Record<string, string> = {
  retried: "It is due now.",
  not_retryable: "It no longer waits for its next attempt.",
  unknown: "It has been deleted.",
};

/** What an operator can do about a document, and otherwise why not. */
export function DocumentActs({ document }: { document: Document }) {
  const mayAct = useMayAct();
  const { mutate, isPending, error } = useAct("retry_document");
  const [isOpen, setOpen] = useState(false);
  const retry = () =>
    mutate({ p_document_id: document.document_id }, { onSuccess: (outcome) => toast(OUTCOMES[outcome] ?? outcome) });
  const reason = mayAct ? whyNot(document) : "Only an operator can retry or redrive it.";
  return (
    <>
      {reason && <small id="acts-reason">{reason}</small>}
      {document.state === "retryable" && (
        <button
          type="button"
          disabled={!mayAct || isPending}
          aria-describedby={reason && "acts-reason"}
          onClick={retry}
        >
          Retry now
        </button>
      )}
      {document.state === "deadletter" && (
        <button
          type="button"
          disabled={!mayAct}
          aria-describedby={reason && "acts-reason"}
          onClick={() => setOpen(true)}
        >
          Redrive
        </button>
      )}
      <ErrorNotice error={error} />
      <RedriveDialog
        title="Redrive this document"
        isOpen={isOpen}
        onClose={() => setOpen(false)}
        filter={{ p_document_id: document.document_id }}
      >
        <p>It begins once more at the stage that failed.</p>
        {document.mended_by === "owner" && (
          <p class="notice warn">
            Its owner has to mend the file: without that it will probably fail again, at this cost.
          </p>
        )}
      </RedriveDialog>
    </>
  );
}

function whyNot({ state, status }: Document): string | undefined {
  if (state === "retryable" || state === "deadletter") return undefined;
  if (status === "complete") return "Its owner can have it parsed again; there is nothing to retry.";
  if (status === "awaiting_upload" || status === "expired") return "Only its owner can send its bytes.";
  return "There is nothing to retry.";
}
