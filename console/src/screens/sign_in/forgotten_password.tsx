import { useState } from "preact/hooks";
import { useErrorText } from "../../auth_errors.ts";
import { useTexts } from "../../language.ts";
import { Field } from "../../parts/field.tsx";
import { ErrorNotice } from "../../parts/notices.tsx";
import { supabase } from "../../project.ts";
import { hereUrl } from "./here_url.ts";
import type { Step } from "./sign_in.tsx";
import { TEXTS } from "./texts.ts";
import { textOf, useSubmit } from "./use_submit.ts";

export function ForgottenPassword({ onStep }: { onStep(step: Step): void }) {
  const t = useTexts(TEXTS);
  const errorText = useErrorText();
  const [sentTo, setSentTo] = useState<string>();
  const { error, isBusy, submit } = useSubmit(async (form) => {
    const email = textOf(form, "email").trim();
    const { error } = await supabase.auth.resetPasswordForEmail(email, { redirectTo: hereUrl() });
    if (error) throw error;
    setSentTo(email);
  });
  return (
    <>
      <p>{t.forgottenAbout}</p>
      <form onSubmit={submit}>
        <Field label={t.email}>
          <input name="email" type="email" autocomplete="username" required maxLength={254} />
        </Field>
        <button type="submit" class="main" disabled={isBusy}>{isBusy ? t.busy : t.sendLink}</button>
        <ErrorNotice error={error} text={error === undefined ? undefined : errorText(error)} />
      </form>
      <div role="status">{sentTo && <p class="notice good">{t.linkSent(sentTo)}</p>}</div>
      <p class="actions">
        <button type="button" class="link" onClick={() => onStep({ name: "sign_in" })}>{t.toSignIn}</button>
      </p>
    </>
  );
}
