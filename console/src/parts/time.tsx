import { formatAgo, formatTime } from "../format.ts";

/** A moment: how long ago, and on demand exactly when. */
export function Time({ at }: { at: string | null | undefined }) {
  if (!at) return <>–</>;
  return <time dateTime={at} title={formatTime(at)}>{formatAgo(at)}</time>;
}
