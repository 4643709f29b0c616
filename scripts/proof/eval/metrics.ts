/**
 * Metrics of known-item search: each question has one known passage, and the rank of the first hit with it counts, from
 * 1; null if no hit has it. So a figure does not depend on how a text is chunked.
 */
export interface Measures {
  questions: number;
  recallAt5: number;
  recallAt10: number;
  /** The mean of 1 / rank. */
  mrr: number;
  /** The mean of 1 / log2(1 + rank): ideally the passage comes first. */
  ndcgAt10: number;
}

/** @throws {RangeError} without ranks */
export function measuresOf(ranks: readonly (number | null)[]): Measures {
  if (ranks.length === 0) throw new RangeError("no ranks");
  const mean = (gain: (rank: number) => number) =>
    ranks.reduce<number>(
      (sum, rank) => sum + (rank === null || rank > 10 ? 0 : gain(rank)),
      0,
    ) / ranks.length;
  return {
    questions: ranks.length,
    recallAt5: mean((rank) => rank <= 5 ? 1 : 0),
    recallAt10: mean(() => 1),
    mrr: mean((rank) => 1 / rank),
    ndcgAt10: mean((rank) => 1 / Math.log2(1 + rank)),
  };
}
