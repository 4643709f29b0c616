import { useId, useState } from "preact/hooks";
import type { DocumentStatus } from "supabase-document-pipeline-client";
import { useTexts } from "../../language.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { Field } from "../../parts/field.tsx";
import { toast } from "../../parts/toasts.tsx";
import { pipeline } from "../../pipeline.ts";
import { useUserTexts } from "../../user_texts.ts";
import { readPages } from "./page_numbers.ts";
import { TEXTS } from "./texts.ts";

interface Props {
  document: DocumentStatus;
  isOpen: boolean;
  onClose(): void;
}

/** What the user entered is no list of pages. */
class WrongPages extends Error {}

/** Has all or some pages of a document read again. */
export function ReparseDialog({ document: { document_id }, isOpen, onClose }: Props) {
  const t = useTexts(TEXTS);
  const texts = useUserTexts();
  const id = useId();
  const [pages, setPages] = useState("");
  const [ocr, setOcr] = useState(false);
  const act = async () => {
    const numbers = readPages(pages);
    if (numbers === null) {
      document.getElementById(id)?.focus();
      throw new WrongPages();
    }
    await pipeline().reparse(document_id, {
      ...numbers.length > 0 && { pages: numbers },
      // Left out, the pages are read as they were before.
      ...ocr && { ocr },
    });
    toast(t.actions.reading);
  };
  return (
    <Confirm
      title={t.reparse.title}
      isOpen={isOpen}
      onClose={onClose}
      action={t.reparse.action}
      act={act}
      textOf={(error) => error instanceof WrongPages ? t.reparse.wrongPages : texts.error(error)}
    >
      <Field label={t.reparse.pages} hint={t.reparse.pagesHint}>
        <input
          id={id}
          value={pages}
          inputMode="text"
          autocomplete="off"
          onInput={(event) => setPages(event.currentTarget.value)}
        />
      </Field>
      <label class="check">
        <input type="checkbox" checked={ocr} onChange={(event) => setOcr(event.currentTarget.checked)} />
        {t.reparse.ocr}
      </label>
      <p class="muted">{t.reparse.cost}</p>
    </Confirm>
  );
}
