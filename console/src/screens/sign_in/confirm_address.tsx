import { useState } from "preact/hooks";
import { useErrorText } from "../../auth_errors.ts";
import { useTexts } from "../../language.ts";
import { ErrorNotice } from "../../parts/notices.tsx";
import { supabase } from "../../project.ts";
import { hereUrl } from "./here_url.ts";
import type { Step } from "./sign_in.tsx";
import { TEXTS } from "./texts.ts";
import { useSubmit } from "./use_submit.ts";

/** The account exists, and waits for the link in the mail. */
export function ConfirmAddress({ email, onStep }: { email: string; onStep(step: Step): void }) {
  const t = useTexts(TEXTS);
  const errorText = useErrorText();
  const [isSent, setSent] = useState(false);
  const { error, isBusy, submit } = useSubmit(async () => {
    setSent(false);
    const { error } = await supabase.auth.resend({ type: "signup", email, options: { emailRedirectTo: hereUrl() } });
    if (error) throw error;
    setSent(true);
  });
  return (
    <>
      <p class="notice busy" role="status">{t.mailSent(email)}</p>
      <form onSubmit={submit}>
        <p class="muted">{t.noMail}</p>
        <button type="submit" disabled={isBusy}>{t.sendAgain}</button>
        <ErrorNotice error={error} text={error === undefined ? undefined : errorText(error)} />
        <div role="status">{isSent && <p class="notice good">{t.sentAgain}</p>}</div>
      </form>
      <p class="actions">
        <button type="button" class="link" onClick={() => onStep({ name: "sign_in" })}>{t.toSignIn}</button>
      </p>
    </>
  );
}
