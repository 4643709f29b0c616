import { alignedLines, type Column } from "../../dev/terminal/table.ts";
import type { Screen } from "../../dev/terminal/screen.ts";
import { visibleJson } from "../../dev/terminal/visible.ts";
import type { Failure } from "./failures.ts";

/** A part of a terminal that is overwritten. */
export interface Board {
  show(lines: string[]): void;
  /** Keeps what was shown last. */
  keep(): void;
}

/** A command's output: formatted for a screen, or as JSON, one document a line. */
export class Report {
  /** Absent if nothing can be overwritten: without a terminal, and for JSON. */
  readonly board?: Board;
  readonly json: boolean;
  readonly screen: Screen;
  readonly #write: (line: string) => void;

  constructor({ json, screen, write, board }: {
    json: boolean;
    screen: Screen;
    write: (line: string) => void;
    board?: Board;
  }) {
    this.json = json;
    this.screen = screen;
    this.#write = write;
    if (!json) this.board = board;
  }

  /** The result of the command. */
  answer(value: unknown, show: (screen: Screen) => void): void {
    if (this.json) this.#write(visibleJson(value));
    else show(this.screen);
  }

  /** Progress for the reader; not part of the result. */
  remark(text: string): void {
    if (!this.json) this.screen.text(text);
  }
}

export function showFailure(
  { message, remedy, code, status, request_id }: Failure,
  screen: Screen,
): void {
  const facts: [string, string][] = [["Code", code]];
  if (status) facts.push(["HTTP status", String(status)]);
  if (request_id) facts.push(["Reference", request_id]);
  screen.failure(message, facts);
  screen.text(remedy);
}

type Cell = string | number | boolean | Date | null | undefined;

/** Rows in columns with headings, or a sentence if there are none. */
export function showTable(
  screen: Screen,
  columns: (Column | string)[],
  rows: Cell[][],
  whenEmpty: string,
): void {
  if (rows.length === 0) return screen.text(whenEmpty);
  for (const line of tableLines(columns, rows)) screen.verbatim(line);
}

export function tableLines(
  columns: (Column | string)[],
  rows: Cell[][],
): string[] {
  return alignedLines({
    columns: columns.map((column) => typeof column === "string" ? { title: column } : column),
    rows: rows.map((row) => row.map(formatCell)),
  });
}

export const right = (title: string): Column => ({ title, align: "right" });

function formatCell(cell: Cell): string {
  if (cell === null || cell === undefined) return "–";
  if (cell instanceof Date) return formatTime(cell);
  if (typeof cell === "boolean") return cell ? "yes" : "no";
  return typeof cell === "number" ? cell.toLocaleString("en-US") : cell;
}

/** `2026-11-27 14:55:22`, in UTC. */
export function formatTime(time: Date): string {
  return time.toISOString().slice(0, 19).replace("T", " ");
}

/** `████████░░░░░░░░`: a share, from 0 to 1. */
export function bar(fraction: number, width: number): string {
  const full = Math.round(Math.min(Math.max(fraction, 0), 1) * width);
  return "█".repeat(full) + "░".repeat(width - full);
}

export function formatCents(cents: number | null): string {
  if (cents === null) return "–";
  const digits = cents !== 0 && Math.abs(cents) < 100 ? 4 : 2;
  return `$${(cents / 100).toFixed(digits)}`;
}
