import { useErrorText } from "../../auth_errors.ts";
import { useTexts } from "../../language.ts";
import { Field } from "../../parts/field.tsx";
import { ErrorNotice } from "../../parts/notices.tsx";
import { project, supabase } from "../../project.ts";
import { pipeline } from "../../pipeline.ts";
import { PasswordField } from "./password_field.tsx";
import { hereUrl } from "./here_url.ts";
import type { Step } from "./sign_in.tsx";
import { TEXTS } from "./texts.ts";
import { textOf, useSubmit } from "./use_submit.ts";

export function SignUpForm({ onStep }: { onStep(step: Step): void }) {
  const t = useTexts(TEXTS);
  const errorText = useErrorText();
  const { consentVersion, termsUrl } = project;
  const { error, isBusy, submit } = useSubmit(async (form) => {
    const email = textOf(form, "email").trim();
    if (await signUp(email, textOf(form, "password"))) onStep({ name: "confirm", email });
  });
  return (
    <>
      <form onSubmit={submit}>
        <Field label={t.email}>
          <input name="email" type="email" autocomplete="username" required maxLength={254} />
        </Field>
        <PasswordField label={t.password} kind="new-password" />
        {consentVersion && (
          <div class="stack">
            <label class="choice">
              <input name="consent" type="checkbox" required />
              {t.agree(consentVersion)}
            </label>
            {termsUrl && <a href={termsUrl} target="_blank" rel="noreferrer">{t.readTerms}</a>}
          </div>
        )}
        <button type="submit" class="main" disabled={isBusy}>{isBusy ? t.busy : t.signUp}</button>
        <ErrorNotice error={error} text={error === undefined ? undefined : errorText(error)} />
      </form>
      <p class="actions">
        <button type="button" class="link" onClick={() => onStep({ name: "sign_in" })}>{t.toSignIn}</button>
      </p>
    </>
  );
}

/**
 * Creates the account: at the API with the version of the terms to which the user has agreed, at Auth itself where there
 * is none. @returns whether the address must be confirmed first; otherwise the user is signed in
 */
async function signUp(email: string, password: string): Promise<boolean> {
  const { consentVersion } = project;
  if (consentVersion) {
    const signedUp = await pipeline().account.signUp({ email, password, consentVersion });
    return signedUp.confirmation_required;
  }
  const { data, error } = await supabase.auth.signUp({ email, password, options: { emailRedirectTo: hereUrl() } });
  if (error) throw error;
  return data.session === null;
}
