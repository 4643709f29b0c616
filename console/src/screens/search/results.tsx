import type { Passage } from "supabase-document-pipeline-client";
import { formatNumber } from "../../format.ts";
import { useTexts } from "../../language.ts";
import { ErrorNotice } from "../../parts/notices.tsx";
import { useUserTexts } from "../../user_texts.ts";
import { NothingFound } from "./nothing_found.tsx";
import { PassageItem } from "./passage_item.tsx";
import { strengthOf } from "./strength.ts";
import { TEXTS } from "./texts.ts";
import type { QuestionState } from "./use_question.ts";

interface Props {
  state: QuestionState;
  /** The passage whose page is shown. */
  shownId: string | undefined;
  onShow(passage: Passage): void;
}

export function Results({ state: { question, asked, isHeld, search, submit, change }, shownId, onShow }: Props) {
  const t = useTexts(TEXTS);
  const texts = useUserTexts();
  const { query, results, notices, degraded, isLoading, isLoadingMore, hasMore, error, loadMore } = search;
  const ranks = ranksOf(results);
  // What is found while the user types is no answer yet.
  const isWhole = asked?.how === "whole";
  const isAnswered = query !== null && asked !== null;
  const compared = asked?.options.mode === "text" || degraded
    ? t.byWords
    : asked?.options.mode === "vector"
    ? t.byMeaning
    : t.byBoth;
  const status = isLoading
    ? t.searching
    : isHeld
    ? t.pressEnter
    : isAnswered && !error && (results.length > 0 || !isWhole)
    ? `${t.found(formatNumber(results.length), hasMore)}, ${compared}`
    : "";
  const isAllWeak = isWhole && results.length > 0 && results.every(({ score }) => strengthOf(score) === "weak");
  // Several codes may have the same sentence.
  const sentences = [...new Set(notices.map((notice) => texts.notice(notice)))];
  return (
    <section class="results" aria-label={t.results} aria-busy={isLoading}>
      <div>
        <p class="muted search-status" role="status">{status}</p>
        <ErrorNotice error={error} text={error ? texts.error(error) : undefined} retry={submit} />
      </div>
      {isAnswered && (
        <>
          {degraded && <p class="notice warn">{t.degraded}</p>}
          {sentences.map((sentence) => <p key={sentence} class="notice quiet">{sentence}</p>)}
          {isAllWeak && !isLoading && <p class="notice quiet">{t.onlyWeak}</p>}
          {isWhole && results.length === 0 && !error && !isLoading && <NothingFound {...{ question, change }} />}
          <ol class="stack">
            {results.map((passage, n) => (
              <PassageItem
                key={passage.chunk_id}
                {...{ passage, asked }}
                rank={ranks[n]}
                isShown={passage.chunk_id === shownId}
                onShow={() => onShow(passage)}
                onOnly={question.documents.length === 1
                  ? undefined
                  : () => change({ documents: [passage.document_id] })}
              />
            ))}
          </ol>
          {hasMore && <button type="button" disabled={isLoading || isLoadingMore} onClick={loadMore}>{t.more}</button>}
        </>
      )}
    </section>
  );
}

/** Of each passage, its rank among those of its document. */
function ranksOf(results: readonly Passage[]): number[] {
  const counts = new Map<string, number>();
  return results.map(({ document_id }) => {
    const rank = (counts.get(document_id) ?? 0) + 1;
    counts.set(document_id, rank);
    return rank;
  });
}
