import type { Block } from "./blocks.ts";
import { cellsOf, namesOf, rowOf } from "./tables.ts";

/** Rows that are examined to learn what a column contains. */
const LOOKED_AT = 50;

/**
 * The table that begins a page as the continuation of the one that ended the page before, if it is one: with as many
 * columns, and no header of its own. It gets the first header; a row that the parser took for a header becomes a row
 * again, and a repeated header is removed.
 */
export function continuedTable(
  before: Block,
  table: Block,
): Block | undefined {
  if (before.header === undefined || table.header === undefined) {
    return undefined;
  }
  const names = namesOf(before.header);
  const top = namesOf(table.header);
  if (names.length !== top.length) return undefined;
  const body = table.text.slice(table.header.length + 1);
  const repeated = names.every((name, i) => sameName(name, top[i]));
  const isEmpty = top.every((cell) => cell === "");
  if (!repeated && !isEmpty && hasOwnHeader(names, top, before, table)) {
    return undefined;
  }
  const rows = [repeated || isEmpty ? "" : rowOf(top), body].filter((row) => row !== "");
  return {
    ...table,
    header: before.header,
    text: [before.header, ...rows].join("\n"),
  };
}

/**
 * Whether a table's top row names columns. It does if it repeats names of the former table's columns, or has no digits
 * where the rows below, or those of the former table, have them. Otherwise it is a row: parsers take the first row on a
 * page for a header, and a page's end alone seldom separates two tables of the same width.
 */
function hasOwnHeader(
  names: string[],
  top: string[],
  before: Block,
  table: Block,
): boolean {
  if (top.some((cell, i) => cell !== "" && sameName(cell, names[i]))) {
    return true;
  }
  if (top.every((cell) => /^(?:\*\*|__).+(?:\*\*|__)$/.test(cell))) return true;
  const own = columnsWithDigits(table);
  const former = columnsWithDigits(before);
  const telling = top.filter((_, i) => own[i] || former[i]);
  return telling.length > 0 &&
    telling.every((cell) => cell !== "" && !/\d/.test(cell));
}

/** For each column, whether most of its non-empty cells contain a digit. */
function columnsWithDigits({ text, header }: Block): boolean[] {
  const rows = text.slice(header!.length + 1).split("\n", LOOKED_AT).map(
    cellsOf,
  );
  return namesOf(header!).map((_, column) => {
    const filled = rows.map((row) => row[column] ?? "").filter((cell) => cell !== "");
    const digits = filled.filter((cell) => /\d/.test(cell));
    return filled.length > 0 && digits.length > filled.length / 2;
  });
}

function sameName(a: string, b: string): boolean {
  const bare = (name: string) => name.replace(/[*_\s]+/g, " ").trim().toLowerCase();
  return bare(a) === bare(b);
}
