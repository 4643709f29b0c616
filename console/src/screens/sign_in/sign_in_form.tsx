import { useErrorText } from "../../auth_errors.ts";
import { useTexts } from "../../language.ts";
import { Field } from "../../parts/field.tsx";
import { ErrorNotice } from "../../parts/notices.tsx";
import { supabase } from "../../project.ts";
import { PasswordField } from "./password_field.tsx";
import type { Step } from "./sign_in.tsx";
import { TEXTS } from "./texts.ts";
import { textOf, useSubmit } from "./use_submit.ts";

export function SignInForm({ onStep }: { onStep(step: Step): void }) {
  const t = useTexts(TEXTS);
  const errorText = useErrorText();
  const { error, isBusy, submit } = useSubmit(async (form) => {
    const email = textOf(form, "email").trim();
    const { error } = await supabase.auth.signInWithPassword({ email, password: textOf(form, "password") });
    if (error?.code === "email_not_confirmed") return onStep({ name: "confirm", email });
    if (error) throw error;
  });
  return (
    <>
      <form onSubmit={submit}>
        <Field label={t.email}>
          <input name="email" type="email" autocomplete="username" required maxLength={254} />
        </Field>
        <PasswordField label={t.password} kind="current-password" />
        <button type="submit" class="main" disabled={isBusy}>{isBusy ? t.busy : t.signIn}</button>
        <ErrorNotice error={error} text={error === undefined ? undefined : errorText(error)} />
      </form>
      <p class="actions">
        <button type="button" class="link" onClick={() => onStep({ name: "sign_up" })}>{t.toSignUp}</button>
        <button type="button" class="link" onClick={() => onStep({ name: "forgotten" })}>{t.toForgotten}</button>
      </p>
    </>
  );
}
