import type { Passage, PipelineClient, SearchOptions } from "supabase-document-pipeline-client";

export type Neighbour = NonNullable<Passage["neighbours"]>[number];

export interface Neighbours {
  before: Neighbour[];
  after: Neighbour[];
}

/** What is asked again, with the neighbours of each passage. */
export interface Asked {
  query: string;
  options: Omit<SearchOptions, "cursor" | "signal">;
}

/** Passages before and after. */
const EXPAND = 2;
/** Other passages of the document may rank higher than in the search of all. */
const SPARE = 3;
const MOST_PER_PAGE = 50;

/**
 * The passages around one of the results: the same question, asked of its document alone. Null if the document no longer
 * has the passage.
 */
export async function findNeighbours(
  pipeline: Pick<PipelineClient, "passages">,
  { query, options }: Asked,
  { passage, rank }: {
    passage: Passage;
    /** Its rank among the results of its document, from 1. */
    rank: number;
  },
  signal?: AbortSignal,
): Promise<Neighbours | null> {
  const { maxPerDocument: _, ...others } = options;
  const found = pipeline.passages(query, {
    ...others,
    documentIds: [passage.document_id],
    expand: EXPAND,
    k: Math.min(MOST_PER_PAGE, rank + SPARE),
    signal,
  });
  for await (const { chunk_id, neighbours = [] } of found) {
    if (chunk_id !== passage.chunk_id) continue;
    const inOrder = neighbours.toSorted((one, other) => one.chunk_ord - other.chunk_ord);
    return {
      before: inOrder.filter(({ chunk_ord }) => chunk_ord < passage.chunk_ord),
      after: inOrder.filter(({ chunk_ord }) => chunk_ord > passage.chunk_ord),
    };
  }
  return null;
}
