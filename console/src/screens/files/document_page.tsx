import { useQuery } from "@tanstack/preact-query";
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { DocumentStatus } from "supabase-document-pipeline-client";
import { useDocument } from "supabase-document-pipeline-client/react";
import { formatBytes, formatCents, formatNumber, formatSeconds, formatTime } from "../../format.ts";
import { language, useTexts } from "../../language.ts";
import { Name, shownName } from "../../parts/name.tsx";
import { ErrorNotice, Loading } from "../../parts/notices.tsx";
import { Page } from "../../parts/page.tsx";
import { Panel } from "../../parts/panel.tsx";
import { pipeline } from "../../pipeline.ts";
import { go, hrefOf } from "../../route.ts";
import { useNow } from "../../use_now.ts";
import { useUserTexts } from "../../user_texts.ts";
import { Announcer } from "./announcer.tsx";
import { DocumentActions } from "./document_actions.tsx";
import { Sentence, StateBadge } from "./document_state.tsx";
import { DocumentWarnings } from "./document_warnings.tsx";
import { useFacts, useRuns } from "./history.ts";
import { LiveIndicator } from "./live_indicator.tsx";
import { RemoveDialog } from "./remove_dialog.tsx";
import { StepList } from "./step_list.tsx";
import { isActive, secondsOf, stepsOf } from "./steps.ts";
import { TEXTS } from "./texts.ts";

/** One document: how it stands, what it lacks, and all that can be done with it. */
export function DocumentPage({ id }: { id: string }) {
  const t = useTexts(TEXTS);
  const texts = useUserTexts();
  const { document, error, live, liveError, reload, remove } = useDocument(pipeline(), id);
  const [isRemoving, setRemoving] = useState(false);
  const [isRemoved, setRemoved] = useState(false);
  return (
    <Page
      title={document ? shownName(document.filename) : t.title}
      actions={<LiveIndicator live={live} reason={liveError ? texts.error(liveError) : undefined} />}
    >
      <p>
        <a href={hrefOf(["files"])}>{t.back}</a>
      </p>
      {error && !isRemoved && (
        <ErrorNotice
          error={error}
          text={texts.error(error)}
          retry={error.code === "document_not_found" ? undefined : reload}
        />
      )}
      {document ? <Shown document={document} remove={() => setRemoving(true)} /> : !error && <Loading />}
      {document && (
        <RemoveDialog
          documents={isRemoving ? [document] : []}
          onClose={() => setRemoving(false)}
          remove={() => {
            setRemoved(true);
            return remove().catch((error) => {
              setRemoved(false);
              throw error;
            });
          }}
          onRemoved={() => go(["files"])}
        />
      )}
    </Page>
  );
}

function Shown({ document, remove }: { document: DocumentStatus; remove(): void }) {
  const t = useTexts(TEXTS);
  const { document_id: id, status, state, progress, warnings, updated_at } = document;
  const now = useNow(isActive(document) ? 1_000 : 60_000);
  const moves = useRuns([id], `${status} ${state}`).get(id) ?? [];
  const facts = useFacts(id, `${status} ${state}`);
  const seconds = secondsOf(moves, now);
  const { data: job } = useQuery({
    queryKey: ["job", document.job_id, status, state],
    queryFn: ({ signal }) => pipeline().job(document.job_id, { signal }),
    enabled: !isActive(document),
    retry: false,
  });
  return (
    <>
      <section class="panel" aria-label={t.page.progress}>
        <div class="row">
          <StateBadge document={document} />
          <Sentence document={document} now={now} />
        </div>
        {isActive(document) && (
          <div class="row whole-progress">
            <progress value={progress.total_pct} max={100} aria-label={t.page.progress} />
            <span class="number">{formatNumber(progress.total_pct)} %</span>
          </div>
        )}
        <DocumentActions
          document={document}
          remove={remove}
          isWhole
          hasOriginal={facts && facts.verified_at !== null}
          hasText={facts && facts.parsed_path !== null}
        />
      </section>
      {warnings.length > 0 && (
        <Panel title={t.page.warnings}>
          <DocumentWarnings document={document} />
        </Panel>
      )}
      <div class="grid">
        <Panel title={t.steps.label}>
          <StepList steps={stepsOf(document, moves)} now={now} />
        </Panel>
        <Panel title={t.facts.title}>
          <dl class="facts">
            <Fact name={t.facts.file}>
              <Name>{document.filename_full}</Name>
            </Fact>
            {document.title && (
              <Fact name={t.facts.documentTitle}>
                <Name>{document.title}</Name>
              </Fact>
            )}
            <Fact name={t.facts.type}>{document.mime}</Fact>
            <Fact name={t.facts.size}>{formatBytes(document.bytes_len)}</Fact>
            {facts?.page_count != null && <Fact name={t.facts.pages}>{formatNumber(facts.page_count)}</Fact>}
            {facts && facts.chunk_count > 0 && <Fact name={t.facts.passages}>{formatNumber(facts.chunk_count)}</Fact>}
            {facts?.language && <Fact name={t.facts.language}>{languageName(facts.language)}</Fact>}
            <Fact name={t.facts.added}>{formatTime(document.created_at)}</Fact>
            <Fact name={t.facts.changed}>{formatTime(updated_at)}</Fact>
            {seconds !== undefined && (
              <Fact name={isActive(document) ? t.facts.takes : t.facts.took}>
                {formatSeconds(isActive(document) ? Math.floor(seconds) : seconds)}
              </Fact>
            )}
            {job && job.cost_cents > 0 && <Fact name={t.facts.cost}>{formatCents(job.cost_cents)}</Fact>}
            <Fact name={t.facts.id}>
              <code>{id}</code>
            </Fact>
          </dl>
        </Panel>
      </div>
      <AnnounceOne document={document} />
    </>
  );
}

/** In a component of its own: the list of one is another array each time. */
function AnnounceOne({ document }: { document: DocumentStatus }) {
  return <Announcer documents={[document]} />;
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

/** The language's name in the user's, or its code where that is none. */
function languageName(code: string): string {
  try {
    return new Intl.DisplayNames(language(), { type: "language" }).of(code) ?? code;
  } catch {
    return code;
  }
}
