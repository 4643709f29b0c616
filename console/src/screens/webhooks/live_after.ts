import { useEffect, useRef } from "preact/hooks";

/** Reads a query again at this interval while the page is seen. */
export function useLiveAfter({ refetch }: { refetch(): unknown }, everyMs: number): void {
  const latest = useRef(refetch);
  latest.current = refetch;
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") void latest.current();
    }, everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
}
