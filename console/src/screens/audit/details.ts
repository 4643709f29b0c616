import type { Json } from "../../database.types.ts";

type Details = { [name: string]: Json | undefined };

/** The change of a setting, or the values of the details, in a line. */
export function summaryOf(details: Json): string {
  if (!isObject(details)) return "";
  const { setting, row, columns, from, to } = details;
  if (typeof setting === "string" && Array.isArray(columns)) {
    const changes = columns.map((column) => {
      const [before, after] = [from, to].map((values) => isObject(values) ? short(values[String(column)]) : undefined);
      return before === undefined && after === undefined
        ? String(column)
        : `${column} ${before ?? "–"} → ${after ?? "–"}`;
    });
    const of = isObject(row) ? ` ${Object.values(row).map((value) => short(value)).join(" ")}` : "";
    return cut(`${setting}${of}: ${changes.join(", ")}`);
  }
  return cut(
    Object.entries(details).filter(([, value]) => value !== undefined && value !== null)
      .map(([name, value]) => `${name} ${short(value)}`).join(", "),
  );
}

/** Every column of an entry that has a value, and its details. */
export function detailsOf({ details, ...columns }: { details: Json; [column: string]: unknown }): [string, string][] {
  const known: [string, string][] = Object.entries(columns).flatMap(([name, value]) =>
    value === null || value === undefined ? [] : [[name, String(value)] as [string, string]]
  );
  const isEmpty = isObject(details) && Object.keys(details).length === 0;
  return isEmpty ? known : [...known, ["details", JSON.stringify(details, null, 2)]];
}

const LONGEST = 160;

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

function short(value: Json | undefined): string | undefined {
  return value === undefined ? undefined : typeof value === "string" ? value : JSON.stringify(value);
}

function isObject(value: Json | undefined): value is Details {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
