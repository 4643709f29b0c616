/**
 * The value below which a share of the values lies, by nearest rank: always one of the values.
 * @param share from 0 to 1
 * @throws {RangeError} without values, or for an invalid share
 */
export function percentile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new RangeError("no values");
  if (!(share >= 0 && share <= 1)) {
    throw new RangeError(`a share is from 0 to 1, not ${share}`);
  }
  const ordered = values.toSorted((a, b) => a - b);
  return ordered[Math.max(0, Math.ceil(share * ordered.length) - 1)];
}

/** The middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError("no values");
  const ordered = values.toSorted((a, b) => a - b);
  const middle = ordered.length >> 1;
  return ordered.length % 2 === 1 ? ordered[middle] : (ordered[middle - 1] + ordered[middle]) / 2;
}

/** A number that was measured in several rounds. */
export interface Measured {
  /** The median of the rounds. */
  value: number;
  rounds: number[];
}

/** @returns undefined if no round measured it */
export function overRounds(rounds: readonly number[]): Measured | undefined {
  return rounds.length === 0 ? undefined : { value: median(rounds), rounds: [...rounds] };
}

/** Durations of one kind, in milliseconds. */
export interface Spread {
  /** The median of the rounds' medians. */
  p50: number;
  /** Over the samples of all rounds, because a single round has too few. */
  p95: number;
  count: number;
}

/** @returns undefined if no round has a sample */
export function spread(
  rounds: readonly (readonly number[])[],
): Spread | undefined {
  const measured = rounds.filter((samples) => samples.length > 0);
  if (measured.length === 0) return undefined;
  const all = measured.flat();
  return {
    p50: median(measured.map((samples) => percentile(samples, 0.5))),
    p95: percentile(all, 0.95),
    count: all.length,
  };
}
