import { setArrival } from "../../arrival.ts";
import { useErrorText } from "../../auth_errors.ts";
import { useTexts } from "../../language.ts";
import { ErrorNotice } from "../../parts/notices.tsx";
import { toast } from "../../parts/toasts.tsx";
import { supabase } from "../../project.ts";
import { PasswordField } from "./password_field.tsx";
import { TEXTS } from "./texts.ts";
import { textOf, useSubmit } from "./use_submit.ts";

/** After a recovery link: the mailbox is the proof, so the password before is not asked for. */
export function NewPassword({ email }: { email: string }) {
  const t = useTexts(TEXTS);
  const errorText = useErrorText();
  const { error, isBusy, submit } = useSubmit(async (form) => {
    const { error } = await supabase.auth.updateUser({ password: textOf(form, "password") });
    if (error) throw error;
    toast(t.passwordSet);
    setArrival(undefined);
  });
  return (
    <form onSubmit={submit}>
      <input type="email" autocomplete="username" value={email} readOnly aria-label={t.email} />
      <PasswordField label={t.newPassword} kind="new-password" />
      <button type="submit" class="main" disabled={isBusy}>{isBusy ? t.busy : t.setPassword}</button>
      <ErrorNotice error={error} text={error === undefined ? undefined : errorText(error)} />
    </form>
  );
}
