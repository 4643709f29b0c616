import type { DocumentStatus, ReparseOptions, Warning } from "supabase-document-pipeline-client";
import { useTexts } from "../../language.ts";
import { shownName } from "../../parts/name.tsx";
import { ErrorNotice } from "../../parts/notices.tsx";
import { useUserTexts } from "../../user_texts.ts";
import { TEXTS } from "./texts.ts";
import { useAct } from "./use_act.ts";

/** What a document lacks, page by page, each with what its user can do about it. */
export function DocumentWarnings({ document }: { document: DocumentStatus }) {
  return <>{document.warnings.map((warning) => <Lack key={warning.code} document={document} warning={warning} />)}</>;
}

function Lack({ document: { document_id, filename, status }, warning }: {
  document: DocumentStatus;
  warning: Warning;
}) {
  const t = useTexts(TEXTS).actions;
  const texts = useUserTexts();
  const { act, isBusy, error, errorText } = useAct();
  const reparse = (title: string, options: ReparseOptions) => (
    <button
      type="button"
      disabled={isBusy}
      aria-label={t.of(title, shownName(filename))}
      onClick={() => void act((client) => client.reparse(document_id, options), t.reading)}
    >
      {title}
    </button>
  );
  return (
    <div class="lack warn">
      <p>{texts.warning(warning)}</p>
      {status === "complete" && warning.code === "PAGES_UNREAD" && reparse(t.readUnread, { pages: "unread" })}
      {status === "complete" && warning.code === "PAGES_EMPTY" &&
        reparse(t.readScans, { pages: "unread", ocr: true })}
      <ErrorNotice error={error} text={errorText} />
    </div>
  );
}
