import { createSharedValue } from "./shared_value.ts";

const isMissing = createSharedValue(false);

/** Whether the user must agree to a newer version of the terms before the next upload. */
export const useIsConsentMissing = isMissing.use;
export const isConsentMissing = isMissing.get;
export const setConsentMissing = isMissing.set;

/** `fetch`, which notes the answers of the API that ask for consent, whichever screen has called it. */
export const fetchWatchingConsent: typeof fetch = async (input, init) => {
  const answer = await fetch(input, init);
  if (answer.status === 403) {
    const body = await answer.clone().json().catch(() => null);
    if (body?.error?.code === "consent_required") setConsentMissing(true);
  }
  return answer;
};
