import type { ComponentChildren } from "preact";

interface Props {
  label: string;
  /** Below the control. */
  hint?: string;
  children: ComponentChildren;
}

/** A control with its label. */
export function Field({ label, hint, children }: Props) {
  return (
    <label class="field">
      <span>{label}</span>
      {children}
      {hint && <small>{hint}</small>}
    </label>
  );
}
