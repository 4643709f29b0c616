/** One line of a plot; null where there is no number. */
export interface Series {
  label: string;
  values: (number | null)[];
}

export interface Step {
  /** When it begins, in seconds since 1970. */
  at: number;
  index: number;
}

/** When each step begins, in seconds since 1970. */
export function timesOf(since: string, stepSeconds: number, count: number): number[] {
  const first = new Date(since).getTime() / 1000;
  return Array.from({ length: count }, (_, index) => first + index * stepSeconds);
}

/** The steps in which any series has a number other than zero, the latest first, and no more than `most`. */
export function tellingSteps(times: number[], series: Series[], most: number): Step[] {
  return times.map((at, index) => ({ at, index }))
    .filter(({ index }) => series.some(({ values }) => values[index]))
    .reverse()
    .slice(0, most);
}

/** The latest number that is there, and the index of its step. */
export function latestOf({ values }: Series): { value: number; index: number } | undefined {
  const index = values.findLastIndex((value) => value !== null);
  return index < 0 ? undefined : { value: values[index]!, index };
}

/** A number drawn alone, between two steps without one, would be no line: it needs a point. */
export function lonePoints(values: (number | null)[]): number[] {
  return values.flatMap((value, index) =>
    value !== null && (values[index - 1] ?? null) === null && (values[index + 1] ?? null) === null ? [index] : []
  );
}
