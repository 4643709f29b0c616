import { useState } from "preact/hooks";
import { useErrorText } from "../../auth_errors.ts";
import { setFarewell } from "../../farewell.ts";
import { useTexts } from "../../language.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { Field } from "../../parts/field.tsx";
import { ErrorNotice } from "../../parts/notices.tsx";
import { pipeline } from "../../pipeline.ts";
import { useSignedIn } from "../../session_context.ts";
import { PasswordField } from "../sign_in/password_field.tsx";
import { textOf, useSubmit } from "../sign_in/use_submit.ts";
import { TEXTS } from "./texts.ts";

interface Props {
  isOpen: boolean;
  onClose(): void;
}

export function DeleteAccount({ isOpen, onClose }: Props) {
  const t = useTexts(TEXTS);
  return (
    <Dialog title={t.delete} isOpen={isOpen} onClose={onClose}>
      <DeletionForm onClose={onClose} />
    </Dialog>
  );
}

function DeletionForm({ onClose }: { onClose(): void }) {
  const t = useTexts(TEXTS);
  const { email } = useSignedIn();
  const errorText = useErrorText();
  const [typed, setTyped] = useState("");
  const isConfirmed = typed.trim().toLowerCase() === email.toLowerCase();
  const { error, isBusy, submit } = useSubmit(async (form) => {
    if (!isConfirmed) return;
    const password = textOf(form, "password");
    // What the sign-in says once the session is gone.
    setFarewell("deleted");
    try {
      await pipeline().account.delete(password === "" ? {} : { password });
    } catch (error) {
      setFarewell(undefined);
      throw error;
    }
  });
  return (
    <form onSubmit={submit}>
      <p>{t.deleteAbout}</p>
      <p>{t.deleteExport}</p>
      <Field label={t.typeEmail(email)}>
        <input
          name="email"
          type="email"
          autocomplete="off"
          required
          value={typed}
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
      </Field>
      <PasswordField label={t.password} kind="current-password" isOptional hint={t.passwordHint} />
      <ErrorNotice error={error} text={error === undefined ? undefined : errorText(error)} />
      <div class="actions end">
        <button type="button" onClick={onClose}>{t.cancel}</button>
        <button type="submit" class="danger" disabled={isBusy || !isConfirmed}>{t.deleteNow}</button>
      </div>
    </form>
  );
}
