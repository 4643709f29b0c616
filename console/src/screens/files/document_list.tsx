import { useCallback, useMemo, useRef, useState } from "preact/hooks";
import type { DocumentStatus } from "supabase-document-pipeline-client";
import { type Documents, useDocuments } from "supabase-document-pipeline-client/react";
import { useTexts } from "../../language.ts";
import { Empty, ErrorNotice, Loading } from "../../parts/notices.tsx";
import { Page } from "../../parts/page.tsx";
import { Panel } from "../../parts/panel.tsx";
import { pipeline } from "../../pipeline.ts";
import { setParams, useRoute } from "../../route.ts";
import { useNow } from "../../use_now.ts";
import { useUserTexts } from "../../user_texts.ts";
import { Announcer } from "./announcer.tsx";
import { DocumentRow } from "./document_row.tsx";
import { FilterBar } from "./filter_bar.tsx";
import { isFiltered, listOptions, readFilters } from "./filters.ts";
import { useRuns } from "./history.ts";
import type { Intake } from "./intake.ts";
import { IntakePanel, useLimits } from "./intake_panel.tsx";
import { LiveIndicator } from "./live_indicator.tsx";
import { RemoveDialog } from "./remove_dialog.tsx";
import { isActive } from "./steps.ts";
import { TEXTS } from "./texts.ts";
import { UploadList } from "./upload_list.tsx";
import { withoutUploads } from "./upload_view.ts";
import { useUploads } from "./uploads.tsx";

/** How many documents come at a time. */
const PAGE = 50;
/** How often a row is shown again that does not change, for how long ago its document came. */
const STILL_MS = 20_000;

interface Props {
  take(intake: Intake): void;
  notTaken: Pick<Intake, "refused" | "isCut"> | null;
  close(): void;
}

/** The user's uploads and documents. */
export function DocumentList({ take, notTaken, close }: Props) {
  const t = useTexts(TEXTS);
  const texts = useUserTexts();
  const limits = useLimits();
  const { uploads } = useUploads();
  const { params } = useRoute();
  const filters = readFilters(params);
  const list = useDocuments(pipeline(), { limit: PAGE, ...listOptions(filters) });
  const { documents, live, liveError, isLoading, error, reload } = list;
  const shown = useMemo(() => withoutUploads(documents, uploads?.tasks ?? []), [documents, uploads?.tasks]);
  return (
    <Page
      title={t.title}
      actions={<LiveIndicator live={live} reason={liveError ? texts.error(liveError) : undefined} />}
    >
      <IntakePanel {...{ limits, take, notTaken, close }} />
      {uploads && <UploadList uploads={uploads} />}
      <Panel title={t.list.title}>
        {(documents.length > 0 || isFiltered(filters)) && <FilterBar filters={filters} />}
        {error && <ErrorNotice error={error} text={texts.error(error)} retry={reload} />}
        {shown.length > 0
          ? <Rows list={list} shown={shown} />
          : isLoading
          ? <Loading />
          : !error && <Nothing isFiltered={isFiltered(filters)} isUploading={documents.length > 0} />}
      </Panel>
      <Announcer documents={documents} />
    </Page>
  );
}

function Nothing({ isFiltered, isUploading }: { isFiltered: boolean; isUploading: boolean }) {
  const t = useTexts(TEXTS).list;
  if (isFiltered) {
    return (
      <Empty>
        <p>{t.nothing}</p>
        <button type="button" class="link" onClick={() => setParams({ q: null, state: null })}>{t.clear}</button>
      </Empty>
    );
  }
  if (isUploading) return null;
  return (
    <Empty>
      <p>
        <strong>{t.empty}</strong>
      </p>
      <p>{t.invitation}</p>
    </Empty>
  );
}

function Rows({ list, shown }: { list: Documents; shown: DocumentStatus[] }) {
  const t = useTexts(TEXTS).list;
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [removing, setRemoving] = useState<DocumentStatus[]>([]);
  const rows = useRef<HTMLUListElement>(null);
  const active = shown.filter(isActive);
  const ids = new Set(shown.map(({ document_id }) => document_id));
  // A run is read again when one begins or ends; a document that is gone back with begins another one.
  const runs = useRuns(active.map(({ document_id }) => document_id).sort(), null);
  const now = useNow(active.length > 0 ? 1_000 : STILL_MS);
  const still = now - now % STILL_MS;
  const chosen = shown.filter(({ document_id }) => selected.has(document_id));
  const select = useCallback((id: string, isSelected: boolean) =>
    setSelected((before) => {
      const next = new Set(before);
      if (isSelected) next.add(id);
      else next.delete(id);
      return next;
    }), []);
  const remove = useCallback((document: DocumentStatus) => setRemoving([document]), []);
  const selectAll = (isSelected: boolean) =>
    setSelected(new Set(isSelected ? shown.map(({ document_id }) => document_id) : []));
  return (
    <>
      <div class="row selection">
        <label class="check">
          <input
            type="checkbox"
            checked={chosen.length === shown.length}
            ref={(input) => {
              if (input) input.indeterminate = chosen.length > 0 && chosen.length < shown.length;
            }}
            onChange={(event) => selectAll(event.currentTarget.checked)}
          />
          {chosen.length > 0 ? t.selected(chosen.length) : t.selectAll}
        </label>
        {chosen.length > 0 && (
          <>
            <button type="button" class="danger" onClick={() => setRemoving(chosen)}>{t.deleteSelected}</button>
            <button type="button" onClick={() => selectAll(false)}>{t.unselect}</button>
          </>
        )}
      </div>
      <ul class="documents" ref={rows} tabIndex={-1} aria-label={t.title} aria-busy={list.isLoading}>
        {shown.map((document) => (
          <DocumentRow
            key={document.document_id}
            document={document}
            isSelected={selected.has(document.document_id)}
            select={select}
            remove={remove}
            moves={isActive(document) ? runs.get(document.document_id) : undefined}
            now={isActive(document) ? now : still}
          />
        ))}
      </ul>
      <div class="row">
        <small>{t.shown(shown.length, list.hasMore)}</small>
        {list.hasMore && <button type="button" disabled={list.isLoadingMore} onClick={list.loadMore}>{t.more}</button>}
      </div>
      <RemoveDialog
        documents={removing.filter((document) => ids.has(document.document_id))}
        onClose={() => setRemoving([])}
        remove={list.remove}
        // The button that had the focus is gone.
        onRemoved={() => setTimeout(() => rows.current?.focus())}
      />
    </>
  );
}
