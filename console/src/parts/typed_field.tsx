import { useEffect, useRef, useState } from "preact/hooks";
import { Field } from "./field.tsx";

/** How long a person pauses after having typed what they look for. */
const PAUSE_MS = 350;

interface Props {
  label: string;
  value: string;
  /** Called after a pause in typing, and at Enter. */
  onValue(value: string): void;
  hint?: string;
  placeholder?: string;
  /** Values to choose from; others may be typed. */
  suggestions?: { id: string; values: readonly string[] };
}

/** A text of a filter: what is typed counts after a short pause. */
export function TypedField({ label, value, onValue, hint, placeholder, suggestions }: Props) {
  const [text, setText] = useState(value);
  const timer = useRef<number>();
  useEffect(() => {
    clearTimeout(timer.current);
    setText(value);
  }, [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const settle = (text: string) => {
    clearTimeout(timer.current);
    if (text.trim() !== value) onValue(text.trim());
  };
  return (
    <Field label={label} hint={hint}>
      <input
        type="search"
        value={text}
        placeholder={placeholder}
        maxLength={200}
        autocomplete="off"
        spellcheck={false}
        list={suggestions?.id}
        onInput={(event) => {
          const { value: typed } = event.currentTarget;
          setText(typed);
          clearTimeout(timer.current);
          timer.current = setTimeout(() => settle(typed), PAUSE_MS);
        }}
        onKeyDown={(event) => event.key === "Enter" && settle(event.currentTarget.value)}
      />
      {suggestions && (
        <datalist id={suggestions.id}>
          {suggestions.values.map((value) => <option key={value} value={value} />)}
        </datalist>
      )}
    </Field>
  );
}
