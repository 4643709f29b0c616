import { Field } from "./field.tsx";
import { isoTime, localTime } from "../local_time.ts";

interface Props {
  label: string;
  /** ISO 8601, in UTC; empty for none. */
  value: string;
  onValue(value: string): void;
}

/** A moment, entered in this time zone. */
export function MomentField({ label, value, onValue }: Props) {
  return (
    <Field label={label}>
      <input
        type="datetime-local"
        value={localTime(value)}
        onBlur={(event) => {
          const { value: typed } = event.currentTarget;
          if (typed !== localTime(value)) onValue(isoTime(typed));
        }}
        onKeyDown={(event) => event.key === "Enter" && event.currentTarget.blur()}
      />
    </Field>
  );
}
