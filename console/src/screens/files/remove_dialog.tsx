import type { DocumentStatus } from "supabase-document-pipeline-client";
import { useTexts } from "../../language.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { Name } from "../../parts/name.tsx";
import { toast } from "../../parts/toasts.tsx";
import { useUserTexts } from "../../user_texts.ts";
import { TEXTS } from "./texts.ts";

interface Props {
  /** Those to be deleted; none closes the dialog. */
  documents: readonly DocumentStatus[];
  onClose(): void;
  remove(documentId: string): Promise<void>;
  onRemoved?(): void;
}

/** Some documents were not deleted. */
class NotRemoved extends Error {
  readonly count: number;
  constructor(count: number, cause: unknown) {
    super("Some documents were not deleted.", { cause });
    this.count = count;
  }
}

const MOST_NAMED = 5;

/** Deletes documents when the user confirms it. Those that could not be deleted remain in the list. */
export function RemoveDialog({ documents, onClose, remove, onRemoved }: Props) {
  const t = useTexts(TEXTS).remove;
  const texts = useUserTexts();
  const act = async () => {
    const { length } = documents;
    const failures: unknown[] = [];
    // One after the other, so that many do not meet the limits of requests at once.
    for (const { document_id } of documents) {
      await remove(document_id).catch((error) => {
        // Gone is what it should be.
        if (error?.code !== "document_not_found") failures.push(error);
      });
    }
    if (failures.length > 0) throw new NotRemoved(failures.length, failures[0]);
    toast(length === 1 ? t.done : t.doneSeveral(length));
    onRemoved?.();
  };
  return (
    <Confirm
      title={documents.length > 1 ? t.titleSeveral(documents.length) : t.title}
      isOpen={documents.length > 0}
      action={t.action}
      isDangerous
      onClose={onClose}
      act={act}
      textOf={(error) =>
        error instanceof NotRemoved ? t.left(error.count, texts.error(error.cause)) : texts.error(error)}
    >
      <ul>
        {documents.slice(0, MOST_NAMED).map(({ document_id, filename_full }) => (
          <li key={document_id} class="cut-name">
            <strong>
              <Name>{filename_full}</Name>
            </strong>
          </li>
        ))}
        {documents.length > MOST_NAMED && <li>{t.others(documents.length - MOST_NAMED)}</li>}
      </ul>
      <p>{t.what}</p>
    </Confirm>
  );
}
