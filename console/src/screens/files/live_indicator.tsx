import { useSyncExternalStore } from "preact/compat";
import type { LiveState } from "supabase-document-pipeline-client";
import { useTexts } from "../../language.ts";
import { TEXTS } from "./texts.ts";

interface Props {
  live: LiveState;
  /** Why changes do not arrive at once, for those who look. */
  reason?: string;
}

/** How the screen learns of changes. */
export function LiveIndicator({ live, reason }: Props) {
  const t = useTexts(TEXTS).live;
  const state = useIsOnline() ? live : "offline";
  return <span class={`live ${state}`} title={reason}>{t[state]}</span>;
}

function useIsOnline(): boolean {
  return useSyncExternalStore((listener) => {
    addEventListener("online", listener);
    addEventListener("offline", listener);
    return () => {
      removeEventListener("online", listener);
      removeEventListener("offline", listener);
    };
  }, () => navigator.onLine);
}
