/** One of a provider's two buckets, as it was at `readAt`. */
export interface Bucket {
  level: number;
  burst: number;
  perMinute: number;
  /** Milliseconds. */
  readAt: number;
}

/** What the bucket holds now if nothing was taken since: it refills at a steady rate. Negative: a debt. */
export function levelAt({ level, burst, perMinute, readAt }: Bucket, now: number): number {
  return Math.min(burst, level + (Math.max(0, now - readAt) / 60_000) * perMinute);
}

/** Seconds until the bucket is full again; 0 if it is. */
export function secondsToFull(bucket: Bucket, now: number): number {
  return ((bucket.burst - levelAt(bucket, now)) / bucket.perMinute) * 60;
}
