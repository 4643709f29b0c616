import { useQuery } from "@tanstack/preact-query";
import { useEffect } from "preact/hooks";
import { setConsentMissing, useIsConsentMissing } from "../../consent_watch.ts";
import { useTexts } from "../../language.ts";
import { hrefOf } from "../../route.ts";
import { CONSENT_TEXTS } from "./consent_texts.ts";
import { CONSENT_KEY, readConsent } from "./user_functions.ts";

/** On every screen while the user must agree to a newer version of the terms; leads to where that is done. */
export default function ConsentNotice({ current }: { current: string | undefined }) {
  const t = useTexts(CONSENT_TEXTS);
  const isMissing = useIsConsentMissing();
  const { data, refetch } = useQuery({ queryKey: CONSENT_KEY, queryFn: readConsent, refetchOnWindowFocus: false });
  useEffect(() => {
    if (data) setConsentMissing(data.is_missing);
  }, [data]);
  useEffect(() => {
    // The API has asked for consent: the terms are newer than what was read.
    if (isMissing && data?.is_missing === false) void refetch();
  }, [isMissing]);
  if (!data?.is_missing || !data.required_version || current === "account") return null;
  return (
    <div class="notice warn" role="status">
      <p>{t.missing(data.required_version)}</p>
      <a class="button" href={hrefOf(["account"])}>{t.toTerms}</a>
    </div>
  );
}
