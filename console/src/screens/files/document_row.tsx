import { memo } from "preact/compat";
import type { DocumentStatus } from "supabase-document-pipeline-client";
import { formatBytes } from "../../format.ts";
import { useTexts } from "../../language.ts";
import { Name, shownName } from "../../parts/name.tsx";
import { Time } from "../../parts/time.tsx";
import { hrefOf } from "../../route.ts";
import { DocumentActions } from "./document_actions.tsx";
import { Sentence, StateBadge } from "./document_state.tsx";
import { DocumentWarnings } from "./document_warnings.tsx";
import { StepBar } from "./step_list.tsx";
import { isActive, type Move, secondsOf, stepsOf } from "./steps.ts";
import { TEXTS } from "./texts.ts";

interface Props {
  document: DocumentStatus;
  isSelected: boolean;
  select(documentId: string, isSelected: boolean): void;
  remove(document: DocumentStatus): void;
  moves: Move[] | undefined;
  /** Advances by the second while the document is active, else now and then. */
  now: number;
}

/** A document in the list. */
export const DocumentRow = memo(function DocumentRow({ document, isSelected, select, remove, moves, now }: Props) {
  const t = useTexts(TEXTS).list;
  const { document_id: id, filename_full, bytes_len, created_at, progress } = document;
  const name = shownName(filename_full);
  return (
    <li class="document">
      <input
        type="checkbox"
        aria-label={t.select(shownName(document.filename))}
        checked={isSelected}
        onChange={(event) => select(id, event.currentTarget.checked)}
      />
      <div class="document-head">
        <a class="cut-name" href={hrefOf(["files", id])} title={name}>
          <Name>{filename_full}</Name>
        </a>
        <StateBadge document={document} />
        <small class="number">
          {formatBytes(bytes_len)} · <Time at={created_at} />
        </small>
      </div>
      <div class="document-body">
        <Sentence document={document} now={now} />
        {isActive(document) && (
          <StepBar
            steps={stepsOf(document, moves)}
            percent={progress.total_pct}
            seconds={moves && secondsOf(moves, now)}
          />
        )}
        <DocumentWarnings document={document} />
        <DocumentActions document={document} remove={() => remove(document)} />
      </div>
    </li>
  );
});
