import { Field } from "./field.tsx";

interface Props {
  label: string;
  values: readonly string[];
  /** Empty: any. */
  value: string;
  onValue(value: string): void;
  /** What is shown for a value. */
  textOf?(value: string): string;
}

/** A filter by one of some values. */
export function Choice({ label, values, value, onValue, textOf = (value) => value }: Props) {
  // An address may have a value that is not among them.
  const known = value === "" || values.includes(value) ? values : [...values, value];
  return (
    <Field label={label}>
      <select value={value} onChange={(event) => onValue(event.currentTarget.value)}>
        <option value="">Any</option>
        {known.map((value) => <option key={value} value={value}>{textOf(value)}</option>)}
      </select>
    </Field>
  );
}
