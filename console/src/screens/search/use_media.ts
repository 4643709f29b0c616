import { useSyncExternalStore } from "preact/compat";
import { useMemo } from "preact/hooks";

/** Whether the window is as the media query says. */
export function useMedia(query: string): boolean {
  const list = useMemo(() => matchMedia(query), [query]);
  return useSyncExternalStore((listener) => {
    list.addEventListener("change", listener);
    return () => list.removeEventListener("change", listener);
  }, () => list.matches);
}
