/**
 * Now, in milliseconds since 1970 with microseconds behind the point. Counted from the process' start by the monotonic
 * clock, so that the readings of processes on one machine can be subtracted from each other.
 */
export function now(): number {
  return performance.timeOrigin + performance.now();
}

export function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
