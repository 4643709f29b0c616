import type { ComponentChildren } from "preact";

export interface Column<Row> {
  title: string;
  /** Numbers end at the same place. */
  align?: "end";
  cell(row: Row): ComponentChildren;
}

interface Props<Row> {
  /** What the table is about, for those who do not see it. */
  label: string;
  columns: Column<Row>[];
  rows: Row[];
  keyOf(row: Row): string | number;
  empty: ComponentChildren;
}

/** A table; on a narrow screen it scrolls within its own frame. */
export function Table<Row>({ label, columns, rows, keyOf, empty }: Props<Row>) {
  if (rows.length === 0) return <div class="empty">{empty}</div>;
  return (
    <div class="table" role="region" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>{columns.map(({ title, align }) => <th key={title} scope="col" class={align}>{title}</th>)}</tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map(({ title, align, cell }) => <td key={title} class={align}>{cell(row)}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
