import { ErrorNotice } from "./notices.tsx";

interface Props {
  pages: { hasMore: boolean; isLoadingMore: boolean; isFetchNextPageError: boolean; error: unknown; loadMore(): void };
}

/** The button below a page of rows, while there are more. */
export function More({ pages: { hasMore, isLoadingMore, isFetchNextPageError, error, loadMore } }: Props) {
  return (
    <>
      {isFetchNextPageError && <ErrorNotice error={error} />}
      {hasMore && (
        <div class="actions">
          <button type="button" disabled={isLoadingMore} onClick={loadMore}>
            {isLoadingMore ? "Loading …" : "More"}
          </button>
        </div>
      )}
    </>
  );
}
