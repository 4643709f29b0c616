/**
 * The current time in milliseconds since 1970, with microseconds as decimals. It advances by the monotonic clock, so
 * that readings of processes on one machine can be subtracted.
 */
export function now(): number {
  return performance.timeOrigin + performance.now();
}

export function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
