import { useState } from "preact/hooks";
import { useErrorText } from "../../auth_errors.ts";
import { useTexts } from "../../language.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { Field } from "../../parts/field.tsx";
import { ErrorNotice } from "../../parts/notices.tsx";
import { toast } from "../../parts/toasts.tsx";
import { supabase } from "../../project.ts";
import { useSignedIn } from "../../session_context.ts";
import { PasswordField } from "../sign_in/password_field.tsx";
import { textOf, useSubmit } from "../sign_in/use_submit.ts";
import { TEXTS } from "./texts.ts";

interface Props {
  isOpen: boolean;
  onClose(): void;
}

/** Asks for the password before, and for a mailed code where the sign-in was long ago. */
export function ChangePassword({ isOpen, onClose }: Props) {
  const t = useTexts(TEXTS);
  return (
    <Dialog title={t.changePassword} isOpen={isOpen} onClose={onClose}>
      <PasswordForm onClose={onClose} />
    </Dialog>
  );
}

function PasswordForm({ onClose }: { onClose(): void }) {
  const t = useTexts(TEXTS);
  const { email } = useSignedIn();
  const errorText = useErrorText();
  const [needsCode, setNeedsCode] = useState(false);
  const { error, isBusy, submit } = useSubmit(async (form) => {
    const { error } = await supabase.auth.updateUser({
      password: textOf(form, "password"),
      // Of an account that has none, or a project that does not ask for it, it is not looked at.
      ...textOf(form, "current") !== "" && { current_password: textOf(form, "current") },
      ...needsCode && { nonce: textOf(form, "code").trim() },
    });
    if (error?.code === "reauthentication_needed") {
      const { error } = await supabase.auth.reauthenticate();
      if (error) throw error;
      return setNeedsCode(true);
    }
    if (error) throw error;
    toast(t.passwordChanged);
    onClose();
  });
  return (
    <form onSubmit={submit}>
      <input type="email" autocomplete="username" value={email} readOnly hidden />
      <PasswordField
        label={t.currentPassword}
        name="current"
        kind="current-password"
        isOptional
        hint={t.passwordHint}
      />
      <PasswordField label={t.newPassword} kind="new-password" />
      {needsCode && (
        <Field label={t.mailedCode} hint={t.mailedCodeHint}>
          <input name="code" inputMode="numeric" autocomplete="one-time-code" required maxLength={32} />
        </Field>
      )}
      <ErrorNotice error={error} text={error === undefined ? undefined : errorText(error)} />
      <div class="actions end">
        <button type="button" onClick={onClose}>{t.cancel}</button>
        <button type="submit" class="main" disabled={isBusy}>{t.changePassword}</button>
      </div>
    </form>
  );
}
