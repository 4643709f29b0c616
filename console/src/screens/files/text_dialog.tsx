import { useQuery } from "@tanstack/preact-query";
import type { DocumentStatus } from "supabase-document-pipeline-client";
import { formatBytes } from "../../format.ts";
import { useTexts } from "../../language.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { ErrorNotice, Loading } from "../../parts/notices.tsx";
import { pipeline } from "../../pipeline.ts";
import { useUserTexts } from "../../user_texts.ts";
import { TEXTS } from "./texts.ts";

/** More than this would make the page slow, in bytes. */
const SHOWN_BYTES = 200_000;

interface Props {
  document: DocumentStatus;
  isOpen: boolean;
  onClose(): void;
}

/** The text that was read from a document, as it is: nothing in it is markup. */
export function TextDialog({ document: { document_id, updated_at }, isOpen, onClose }: Props) {
  const t = useTexts(TEXTS).text;
  const texts = useUserTexts();
  const { data, error } = useQuery({
    queryKey: ["text", document_id, updated_at],
    queryFn: async ({ signal }) => {
      const file = await pipeline().download(document_id, { variant: "markdown", signal });
      return { text: await file.slice(0, SHOWN_BYTES).text(), isCut: file.size > SHOWN_BYTES };
    },
    enabled: isOpen,
    retry: false,
  });
  return (
    <Dialog title={t.title} isOpen={isOpen} onClose={onClose}>
      {error
        ? <ErrorNotice error={error} text={texts.error(error)} />
        : !data
        ? <Loading />
        : data.text.trim() === ""
        ? <p class="muted">{t.empty}</p>
        : <pre class="document-text" tabIndex={0} dir="auto">{data.text}</pre>}
      {data?.isCut && <p class="muted">{t.cut(formatBytes(SHOWN_BYTES))}</p>}
      <div class="actions end">
        <button type="button" onClick={onClose}>{t.close}</button>
      </div>
    </Dialog>
  );
}
