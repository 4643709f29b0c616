import { useSyncExternalStore } from "preact/compat";

const listeners = new Set<() => void>();
let isMissing = false;

/** Whether the user must agree to a newer version of the terms before the next upload. */
export function useIsConsentMissing(): boolean {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, isConsentMissing);
}

export function isConsentMissing(): boolean {
  return isMissing;
}

export function setConsentMissing(missing: boolean): void {
  if (missing === isMissing) return;
  isMissing = missing;
  for (const listener of listeners) listener();
}

/** `fetch`, which notes the answers of the API that ask for consent, whichever screen has called it. */
export const fetchWatchingConsent: typeof fetch = async (input, init) => {
  const answer = await fetch(input, init);
  if (answer.status === 403) {
    const body = await answer.clone().json().catch(() => null);
    if (body?.error?.code === "consent_required") setConsentMissing(true);
  }
  return answer;
};
