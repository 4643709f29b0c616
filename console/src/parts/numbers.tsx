import type { ComponentChildren } from "preact";
import "./numbers.css";

interface Item {
  label: string;
  value: ComponentChildren;
  /** Below the value. */
  note?: ComponentChildren;
}

/** A few figures side by side. */
export function Numbers({ items }: { items: Item[] }) {
  return (
    <dl class="numbers">
      {items.map(({ label, value, note }) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
          {note && <dd class="note">{note}</dd>}
        </div>
      ))}
    </dl>
  );
}
