import { useQuery } from "@tanstack/preact-query";
import { useErrorText } from "../../auth_errors.ts";
import { signOut } from "../../farewell.ts";
import { useTexts } from "../../language.ts";
import { Field } from "../../parts/field.tsx";
import { ErrorNotice, Loading } from "../../parts/notices.tsx";
import { supabase } from "../../project.ts";
import { TEXTS } from "./texts.ts";
import { textOf, useSubmit } from "./use_submit.ts";

/** The account has a second factor: the session counts once its code is given. */
export function SecondFactor() {
  const t = useTexts(TEXTS);
  const errorText = useErrorText();
  const factors = useQuery({ queryKey: ["factors"], queryFn: verifiedFactors, retry: false });
  const { error, isBusy, submit } = useSubmit(async (form) => {
    const code = textOf(form, "code").replace(/\s/g, "");
    const { error } = await supabase.auth.mfa.challengeAndVerify({ factorId: textOf(form, "factor"), code });
    if (error) throw error;
  });
  return (
    <>
      {factors.error && (
        <ErrorNotice
          error={factors.error}
          text={errorText(factors.error)}
          retry={() => void factors.refetch()}
        />
      )}
      {factors.isLoading && <Loading />}
      {factors.data && (
        <form onSubmit={submit}>
          {factors.data.length === 1
            ? <input type="hidden" name="factor" value={factors.data[0].id} />
            : (
              <Field label={t.factor}>
                <select name="factor">
                  {factors.data.map(({ id, friendly_name }, n) => (
                    <option key={id} value={id}>{friendly_name || `${t.factor} ${n + 1}`}</option>
                  ))}
                </select>
              </Field>
            )}
          <Field label={t.code} hint={t.codeHint}>
            <input
              name="code"
              inputMode="numeric"
              autocomplete="one-time-code"
              pattern="\s*\d(\s*\d){5}\s*"
              required
              maxLength={16}
            />
          </Field>
          <button type="submit" class="main" disabled={isBusy}>{isBusy ? t.busy : t.confirm}</button>
          <ErrorNotice error={error} text={error === undefined ? undefined : errorText(error)} />
        </form>
      )}
      <p class="actions">
        <button type="button" class="link" onClick={() => void signOut().catch(() => location.reload())}>
          {t.signOut}
        </button>
      </p>
    </>
  );
}

async function verifiedFactors() {
  const { data, error } = await supabase.auth.mfa.listFactors();
  if (error) throw error;
  return data.totp;
}
