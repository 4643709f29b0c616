import { useId, useState } from "preact/hooks";
import { useTexts } from "../../language.ts";
import { TEXTS } from "./texts.ts";
import "./password_field.css";

interface Props {
  label: string;
  name?: string;
  /** For password managers: whether it is known, or to be invented. */
  kind: "current-password" | "new-password";
  /** An account may have none. */
  isOptional?: boolean;
  hint?: string;
}

/** A password, which can be shown. A new one has its rules below it. */
export function PasswordField({ label, name = "password", kind, isOptional = false, hint }: Props) {
  const t = useTexts(TEXTS);
  const id = useId();
  const [isShown, setShown] = useState(false);
  const isNew = kind === "new-password";
  const below = isNew ? t.passwordRules : hint;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        name={name}
        type={isShown ? "text" : "password"}
        autocomplete={kind}
        required={!isOptional}
        minLength={isNew ? 8 : undefined}
        maxLength={1024}
        spellcheck={false}
        aria-describedby={below ? `${id}-hint` : undefined}
      />
      {below && <small id={`${id}-hint`}>{below}</small>}
      <label class="choice">
        <input type="checkbox" checked={isShown} onChange={(event) => setShown(event.currentTarget.checked)} />
        {t.show}
      </label>
    </div>
  );
}
