import { useQueryClient } from "@tanstack/preact-query";
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Functions } from "../database.types.ts";
import { formatCents, formatNumber } from "../format.ts";
import { callOperator, OPERATOR_KEY, OperatorError } from "../operator.ts";
import { changeText, type Preview, previewRedrive, redriveAll, type RedriveFilter } from "../redrive.ts";
import { Dialog } from "./dialog.tsx";
import { ErrorNotice, Loading } from "./notices.tsx";
import { toast } from "./toasts.tsx";

/** SQLSTATE of a redrive whose dry run is out of date. */
const HAS_CHANGED = "55000";

interface Props {
  title: string;
  isOpen: boolean;
  onClose(): void;
  filter: RedriveFilter;
  /** What a person should know before. */
  children?: ComponentChildren;
}

/** Shows what a redrive would reach and cost, then does exactly that. */
export function RedriveDialog({ title, isOpen, onClose, filter, children }: Props) {
  const client = useQueryClient();
  const [preview, setPreview] = useState<Preview>();
  const [change, setChange] = useState("");
  const [error, setError] = useState<unknown>();
  const [redriven, setRedriven] = useState<number>();

  /** Counts once more; with what was shown and done before, says what has changed since. */
  const look = async (before?: { preview: Preview; redriven: number }) => {
    setError(undefined);
    try {
      const next = await previewRedrive(redrive, filter);
      setPreview(next);
      setChange(before ? [doneText(before.redriven), changeText(before.preview, next)].filter(Boolean).join(" ") : "");
    } catch (error) {
      setError(error);
    }
  };
  useEffect(() => {
    if (!isOpen) return;
    setPreview(undefined);
    setRedriven(undefined);
    setChange("");
    void look();
  }, [isOpen]);

  const act = async (shown: Preview) => {
    setError(undefined);
    let done = 0;
    const progress = (count: number) => setRedriven(done = count);
    progress(0);
    // Documents that failed after the dry run are not in it.
    const known = { ...filter, p_until: filter.p_until ?? shown.asked_at };
    try {
      const end = await redriveAll(redrive, known, shown, progress);
      toast(endText(end));
      onClose();
    } catch (error) {
      await look({ preview: shown, redriven: done });
      if (!(error instanceof OperatorError && error.code === HAS_CHANGED)) setError(error);
    } finally {
      setRedriven(undefined);
      void client.invalidateQueries({ queryKey: [OPERATOR_KEY] });
    }
  };

  const isBusy = redriven !== undefined;
  const isEmpty = preview?.document_count === 0;
  return (
    <Dialog {...{ title, isOpen, onClose }}>
      <div class="stack">
        {children}
        {change && <p class="notice warn" role="status">{change}</p>}
        {preview ? <Facts preview={preview} /> : error === undefined && <Loading />}
        {isEmpty && <p>Nothing is left to redrive.</p>}
        {isBusy && preview && (
          <label class="stack">
            <span role="status">{formatNumber(redriven)} redriven</span>
            <progress max={preview.document_count} value={redriven} />
          </label>
        )}
      </div>
      <ErrorNotice error={error} />
      <div class="actions end">
        <button type="button" onClick={onClose}>{isEmpty ? "Close" : "Cancel"}</button>
        {preview && !isEmpty && (
          <button type="button" class="main" disabled={isBusy} onClick={() => void act(preview)}>
            Redrive {formatNumber(preview.document_count)}
          </button>
        )}
      </div>
    </Dialog>
  );
}

function Facts({ preview }: { preview: Preview }) {
  const { document_count, page_count, documents_of_unknown_length, token_count, cost_cents } = preview;
  return (
    <dl class="facts">
      <dt>Documents</dt>
      <dd>{formatNumber(document_count)}</dd>
      <dt>Pages to parse again</dt>
      <dd>{formatNumber(page_count)}</dd>
      <dt>Tokens to embed</dt>
      <dd>{formatNumber(token_count)}</dd>
      <dt>Expected cost</dt>
      <dd>{formatCents(cost_cents)}</dd>
      {documents_of_unknown_length > 0 && (
        <>
          <dt>Of unknown length</dt>
          <dd>{formatNumber(documents_of_unknown_length)}, whose pages are not in the cost</dd>
        </>
      )}
    </dl>
  );
}

function doneText(redriven: number): string {
  return redriven === 0 ? "" : `${formatNumber(redriven)} were redriven before that.`;
}

function endText({ redriven, leftOut }: { redriven: number; leftOut: number }): string {
  const done = `${formatNumber(redriven)} redriven.`;
  return leftOut === 0 ? done : `${done} ${formatNumber(leftOut)} left out: another transaction holds them.`;
}

function redrive(args: Functions["redrive"]["Args"]) {
  return callOperator("redrive", args);
}
