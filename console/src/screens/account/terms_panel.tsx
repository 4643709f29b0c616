import { useMutation, useQuery, useQueryClient } from "@tanstack/preact-query";
import { useErrorText } from "../../auth_errors.ts";
import { setConsentMissing } from "../../consent_watch.ts";
import { useTexts } from "../../language.ts";
import { ErrorNotice, Read } from "../../parts/notices.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Time } from "../../parts/time.tsx";
import { toast } from "../../parts/toasts.tsx";
import { pipeline } from "../../pipeline.ts";
import { project } from "../../project.ts";
import { CONSENT_TEXTS } from "./consent_texts.ts";
import { TEXTS } from "./texts.ts";
import { CONSENT_KEY, readConsent } from "./user_functions.ts";

/** What the user has agreed to, and the agreement to a newer version. */
export function TermsPanel() {
  const t = useTexts(TEXTS);
  const { missing } = useTexts(CONSENT_TEXTS);
  const errorText = useErrorText();
  const client = useQueryClient();
  const consent = useQuery({ queryKey: CONSENT_KEY, queryFn: readConsent });
  const agree = useMutation({
    mutationFn: (version: string) => pipeline().account.consent(version),
    onSuccess: () => {
      setConsentMissing(false);
      toast(t.agreed);
    },
    onSettled: () => client.invalidateQueries({ queryKey: CONSENT_KEY }),
  });
  return (
    <Panel title={t.terms}>
      <Read query={{ ...consent, error: consent.error && new Error(errorText(consent.error)) }}>
        {({ consent_version, consented_at, required_version, is_missing }) => (
          <>
            <p>
              {consent_version
                ? (
                  <>
                    {t.agreedTo(consent_version)}, <Time at={consented_at} />.
                  </>
                )
                : required_version
                ? t.neverAgreed
                : t.noTerms}
            </p>
            {is_missing && required_version && (
              <div class="notice warn">
                <p>{missing(required_version)}</p>
                <button
                  type="button"
                  class="main"
                  disabled={agree.isPending}
                  onClick={() => agree.mutate(required_version)}
                >
                  {t.agree(required_version)}
                </button>
              </div>
            )}
            {project.termsUrl && <a href={project.termsUrl} target="_blank" rel="noreferrer">{t.read}</a>}
          </>
        )}
      </Read>
      <ErrorNotice error={agree.error} text={agree.error ? errorText(agree.error) : undefined} />
    </Panel>
  );
}
