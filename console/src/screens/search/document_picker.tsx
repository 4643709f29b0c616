import { useQueries } from "@tanstack/preact-query";
import { useEffect, useState } from "preact/hooks";
import { PipelineError } from "supabase-document-pipeline-client";
import { type Documents, useDocuments } from "supabase-document-pipeline-client/react";
import { formatNumber } from "../../format.ts";
import { useTexts } from "../../language.ts";
import { Field } from "../../parts/field.tsx";
import { Name } from "../../parts/name.tsx";
import { ErrorNotice, Loading } from "../../parts/notices.tsx";
import { pipeline } from "../../pipeline.ts";
import { useSignedIn } from "../../session_context.ts";
import { useUserTexts } from "../../user_texts.ts";
import { MOST_DOCUMENTS } from "./question.ts";
import { TEXTS } from "./texts.ts";

/** A pause in typing a name. */
const NAMED_MS = 400;
/** With more documents, a name finds one. */
const LISTED = 50;

interface Props {
  chosen: string[];
  onChange(chosen: string[]): void;
}

/** Restricts the search to some documents. */
export function DocumentPicker({ chosen, onChange }: Props) {
  const t = useTexts(TEXTS);
  const texts = useUserTexts();
  const [isOpen, setOpen] = useState(false);
  const [name, setName] = useState("");
  const [q, setQ] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setQ(name.trim()), NAMED_MS);
    return () => clearTimeout(timer);
  }, [name]);
  return (
    <details class="picker" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {t.documents} <span class="muted">{chosen.length === 0 ? t.every : t.chosen(formatNumber(chosen.length))}</span>
      </summary>
      {isOpen && (
        <fieldset class="stack">
          <legend class="hidden">{t.choose}</legend>
          <Field label={t.findDocument}>
            <input type="search" value={name} onInput={(event) => setName(event.currentTarget.value)} />
          </Field>
          <Choices {...{ chosen, onChange, q }} errorText={texts.error} />
        </fieldset>
      )}
    </details>
  );
}

function Choices(
  { chosen, onChange, q, errorText }: Props & { q: string; errorText(error: unknown): string },
) {
  const t = useTexts(TEXTS);
  const list: Documents = useDocuments(pipeline(), {
    limit: LISTED,
    status: "complete",
    q: q || undefined,
    live: false,
  });
  const { documents, error, isLoading, hasMore, loadMore, reload } = list;
  const toggle = (id: string) =>
    onChange(chosen.includes(id) ? chosen.filter((other) => other !== id) : [...chosen, id]);
  return (
    <>
      <ul class="choices">
        {documents.map(({ document_id, filename_full }) => (
          <li key={document_id}>
            <label>
              <input
                type="checkbox"
                checked={chosen.includes(document_id)}
                disabled={!chosen.includes(document_id) && chosen.length >= MOST_DOCUMENTS}
                onChange={() => toggle(document_id)}
              />
              <Name>{filename_full}</Name>
            </label>
          </li>
        ))}
      </ul>
      {isLoading && <Loading />}
      <ErrorNotice error={error} text={error ? errorText(error) : undefined} retry={reload} />
      {!isLoading && !error && documents.length === 0 && <p class="muted">{q ? t.noneFound : t.noDocuments}</p>}
      {hasMore && <button type="button" class="link" onClick={loadMore}>{t.moreDocuments}</button>}
    </>
  );
}

/** The documents to which the search is restricted, by name; each can be taken away. */
export function ChosenDocuments({ chosen, onChange }: Props) {
  const t = useTexts(TEXTS);
  const { userId } = useSignedIn();
  const named = useQueries({
    queries: chosen.map((id) => ({
      queryKey: ["name", userId, id],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        pipeline().status(id, { signal }).then(({ filename_full }) => filename_full, (error) => {
          if (error instanceof PipelineError && error.code === "document_not_found") return null;
          throw error;
        }),
      // A name does not change, and each look is a request.
      staleTime: Infinity,
      retry: false,
      refetchOnWindowFocus: false,
    })),
  });
  if (chosen.length === 0) return null;
  return (
    <ul class="chosen" aria-label={t.choose}>
      {chosen.map((id, n) => {
        const { data, isPending } = named[n];
        const name = data ?? (isPending ? "…" : data === null ? t.unknownDocument : id);
        return (
          <li key={id}>
            <button
              type="button"
              aria-label={t.without(name)}
              onClick={() => onChange(chosen.filter((other) => other !== id))}
            >
              <Name>{name}</Name>
              <span aria-hidden="true">×</span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}
