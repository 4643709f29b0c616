import { keepPreviousData, useInfiniteQuery } from "@tanstack/preact-query";
import type { Functions } from "./database.types.ts";
import { callOperator, OPERATOR_KEY, type OperatorError } from "./operator.ts";

/** Functions that answer a page of rows. */
type Paged = {
  [F in keyof Functions]: Functions[F]["Returns"] extends readonly unknown[] ? F : never;
}[keyof Functions];
type Args<F extends Paged> = Functions[F]["Args"];
type Row<F extends Paged> = Functions[F]["Returns"][number];

interface PageOptions<F extends Paged> {
  size: number;
  after(last: Row<F>): Partial<Args<F>>;
  /** Read also this often while the page is seen: for what changes without a move. */
  everyMs?: number;
}

/**
 * The rows of an operators' function, page by page: `after` makes of the last row the arguments for those that follow.
 * All pages that are shown are read again together, so none repeats or lacks a row.
 */
export function useOperatorPages<F extends Paged>(
  name: F,
  args: Args<F>,
  { size, after, everyMs }: PageOptions<F>,
) {
  const query = useInfiniteQuery<Row<F>[], OperatorError, Row<F>[], unknown[], Partial<Args<F>>>({
    queryKey: [OPERATOR_KEY, name, args, size],
    queryFn: ({ pageParam, signal }) =>
      callOperator(name, { ...args as object, ...pageParam as object, p_limit: size } as Args<F>, signal) as Promise<
        Row<F>[]
      >,
    initialPageParam: {},
    getNextPageParam: (page) => page.length < size ? undefined : after(page.at(-1)!),
    select: ({ pages }) => pages.flat(),
    placeholderData: keepPreviousData,
    refetchInterval: everyMs ?? false,
  });
  const { hasNextPage: hasMore, isFetchingNextPage: isLoadingMore, fetchNextPage } = query;
  return { ...query, hasMore, isLoadingMore, loadMore: () => void fetchNextPage() };
}
