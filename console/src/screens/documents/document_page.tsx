import { useMemo } from "preact/hooks";
import type { Functions } from "../../database.types.ts";
import { formatBytes, formatNumber } from "../../format.ts";
import { useOperator } from "../../operator.ts";
import { Badge } from "../../parts/badge.tsx";
import { Name, shownName } from "../../parts/name.tsx";
import { Empty, Read } from "../../parts/notices.tsx";
import { Page } from "../../parts/page.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Time } from "../../parts/time.tsx";
import { hrefOf } from "../../route.ts";
import { CostsPanel } from "./costs_panel.tsx";
import { DocumentActs } from "./document_acts.tsx";
import { HistoryPanel } from "./history_panel.tsx";
import { StateBadge } from "./state_badge.tsx";
import { WaterfallPanel } from "./waterfall_panel.tsx";
import { WarningsPanel } from "./warnings_panel.tsx";

export type Document = Functions["document"]["Returns"][number];

/** A document, found by any of its ids. */
export function DocumentPage({ id }: { id: string }) {
  const found = useOperator("document", { p_id: id });
  return (
    <Read query={found}>
      {([document]) => document ? <Found document={document} /> : <Unknown id={id} />}
    </Read>
  );
}

function Unknown({ id }: { id: string }) {
  return (
    <Page title="Document">
      <Empty>
        <p>
          No document has the id{" "}
          <code>{shownName(id)}</code>. It is a document's or job's id, an error reference, a request id, or
          LlamaParse's job id; a deleted document has none of them any more.
        </p>
        <p>
          <a href={hrefOf(["documents"])}>All documents</a>
        </p>
      </Empty>
    </Page>
  );
}

const MENDERS: Record<string, string> = {
  operator: "An operator mends it",
  owner: "Its owner mends it",
  pipeline: "The pipeline goes on by itself",
};

function Found({ document }: { document: Document }) {
  const history = useOperator("document_history", { p_document_id: document.document_id });
  const { filename, filename_full, status, state, sentence, mended_by, next_step_at, message, code } = document;
  // The history has the database's clock, which may differ from this machine's.
  const ahead = useMemo(() => Date.parse(document.read_at) - Date.now(), [document.read_at]);
  return (
    <Page title={shownName(filename_full ?? filename)} actions={<DocumentActs document={document} />}>
      <section class="panel" aria-label="Why">
        <p class="document-why" role="status">{shownName(sentence)}</p>
        <div class="row">
          <StateBadge {...{ status, state }} />
          {mended_by && (
            <Badge tone={mended_by === "operator" ? "warn" : "quiet"}>{MENDERS[mended_by] ?? mended_by}</Badge>
          )}
          {next_step_at && (
            <span class="muted">
              next step <Time at={next_step_at} />
            </span>
          )}
        </div>
        {state === "done" && message && (
          <p class="notice warn">
            <span>
              Parsing it again failed: {shownName(message)} (<code>{code}</code>). Its earlier text is searchable.
            </span>
          </p>
        )}
      </section>
      <Facts document={document} />
      <Read query={history}>
        {(moments) => (
          <>
            <WaterfallPanel key={document.document_id} moments={moments} ahead={ahead} />
            <WarningsPanel documentId={document.document_id} />
            <CostsPanel documentId={document.document_id} />
            <HistoryPanel moments={moments} />
          </>
        )}
      </Read>
    </Page>
  );
}

function Facts({ document }: { document: Document }) {
  return (
    <Panel title="Facts">
      <dl class="facts">
        <dt>Document</dt>
        <dd>
          <code>{document.document_id}</code>
        </dd>
        <dt>Job</dt>
        <dd>
          <code>{document.job_id}</code>
        </dd>
        <dt>User</dt>
        <dd>
          <code>{document.user_id}</code>{" "}
          <a href={hrefOf(["documents"], { user_id: document.user_id })}>all documents of this user</a>
        </dd>
        {document.request_id && (
          <>
            <dt>Request</dt>
            <dd>
              <code>{shownName(document.request_id)}</code>{" "}
              <span class="muted">
                is <code>request_id</code> in the functions' logs
              </span>
            </dd>
          </>
        )}
        {document.reference && (
          <>
            <dt>Reference</dt>
            <dd>
              <code>{document.reference}</code> <span class="muted">is what its owner sees</span>
            </dd>
          </>
        )}
        {document.filename_full && (
          <>
            <dt>Short name</dt>
            <dd>
              <Name>{document.filename}</Name>
            </dd>
          </>
        )}
        <dt>File</dt>
        <dd>{fileText(document)}</dd>
        <dt>Attempts</dt>
        <dd>{attemptsText(document)}</dd>
        <dt>Registered</dt>
        <dd>
          <Time at={document.created_at} />
        </dd>
        <dt>Changed</dt>
        <dd>
          <Time at={document.updated_at} />
        </dd>
        {document.finished_at && (
          <>
            <dt>Finished</dt>
            <dd>
              <Time at={document.finished_at} />
            </dd>
          </>
        )}
      </dl>
    </Panel>
  );
}

function fileText({ mime, bytes_len, page_count, chunk_count, language, ocr }: Document): string {
  return [
    mime,
    formatBytes(bytes_len),
    page_count !== null && counted(page_count, "page"),
    chunk_count > 0 && counted(chunk_count, "chunk"),
    language && `language ${language}`,
    ocr && "with OCR",
  ].filter(Boolean).join(", ");
}

function counted(count: number, what: string): string {
  return `${formatNumber(count)} ${what}${count === 1 ? "" : "s"}`;
}

function attemptsText(
  { stage, attempt_count, max_attempts, retry_count, lost_count, is_isolated }: Document,
): string {
  return [
    stage && `${attempt_count} of ${max_attempts ?? "?"} at ${stage}`,
    `${formatNumber(retry_count)} failed in all`,
    lost_count > 0 && `${formatNumber(lost_count)} lost at this stage`,
    is_isolated && "processed in isolation",
  ].filter(Boolean).join(", ");
}
