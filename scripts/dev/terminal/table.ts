import { visibleLine } from "./visible.ts";

/** A column's heading and alignment. */
export interface Column {
  title: string;
  align?: "left" | "right";
}

export interface Table {
  columns: Column[];
  rows: string[][];
}

/** The table in columns of equal width, for a terminal, on which no cell can act. */
export function alignedLines(table: Table): string[] {
  const columns = table.columns.map((column) => ({ ...column, title: visibleLine(column.title) }));
  const rows = table.rows.map((row) => row.map(visibleLine));
  const widths = columnWidths({ columns, rows });
  const line = (cells: string[]) =>
    cells.map((cell, i) => pad(cell, widths[i], columns[i])).join("  ")
      .trimEnd();
  return [
    line(columns.map(({ title }) => title)),
    widths.map((width) => "─".repeat(width)).join("  "),
    ...rows.map(line),
  ];
}

/** The table in Markdown, formatted as by `deno fmt`. */
export function markdownLines({ columns, rows }: Table): string[] {
  const escaped = rows.map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = columnWidths({ columns, rows: escaped })
    .map((width) => Math.max(width, 3));
  const line = (cells: string[]) => `| ${cells.map((cell, i) => pad(cell, widths[i], columns[i])).join(" | ")} |`;
  const rule = columns.map(({ align }, i) =>
    align === "right" ? `${"-".repeat(widths[i] - 1)}:` : "-".repeat(widths[i])
  );
  return [
    line(columns.map(({ title }) => title)),
    line(rule),
    ...escaped.map(line),
  ];
}

function columnWidths({ columns, rows }: Table): number[] {
  return columns.map(({ title }, i) => Math.max(title.length, ...rows.map((row) => row[i].length)));
}

function pad(cell: string, width: number, { align }: Column): string {
  return align === "right" ? cell.padStart(width) : cell.padEnd(width);
}

/** Milliseconds with three significant digits. */
export function formatMs(ms: number | undefined): string {
  if (ms === undefined) return "–";
  if (ms >= 10_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${threeFigures(ms)} ms`;
}

export function formatRate(perSecond: number | undefined): string {
  return perSecond === undefined ? "–" : threeFigures(perSecond);
}

function threeFigures(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString("en-US");
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
