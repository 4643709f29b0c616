import type { PipelineError } from "../pipeline_error.ts";
import type { Values } from "./fill.ts";

/** How a language writes values. */
export interface Writer {
  /** `in 5 minutes` */
  duration(seconds: number): string;
  /** A day and its time. @param instant in ISO 8601 */
  date(instant: string): string;
  /** `25 MB` */
  size(bytes: number): string;
  /** `2–5, 8 and 10` */
  pages(numbers: readonly number[]): string;
  list(items: readonly string[]): string;
}

const UNITS = [["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1]] as const;
const MEBIBYTE = 2 ** 20;

export function writerOf(language: string, and: string): Writer {
  const list = (items: readonly string[]) =>
    items.length < 2 ? items.join() : `${items.slice(0, -1).join(", ")} ${and} ${items[items.length - 1]}`;
  return {
    duration(seconds) {
      const [unit, length] = UNITS.find(([, length]) => seconds >= length) ?? UNITS[UNITS.length - 1];
      return new Intl.RelativeTimeFormat(language).format(Math.ceil(seconds / length), unit);
    },
    date: (instant) =>
      new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }).format(new Date(instant)),
    size: (bytes) =>
      new Intl.NumberFormat(language, { style: "unit", unit: "megabyte", maximumFractionDigits: 1 })
        .format(bytes / MEBIBYTE),
    pages: (numbers) =>
      list(rangesOf(numbers).map(([first, last]) => first === last ? `${first}` : `${first}–${last}`)),
    list,
  };
}

/** Runs of successive numbers, each as its first and its last. @param numbers ascending */
function rangesOf(numbers: readonly number[]): [number, number][] {
  const ranges: [number, number][] = [];
  for (const number of numbers) {
    const last = ranges[ranges.length - 1];
    if (last && last[1] === number - 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges;
}

/** What an error's details say, as far as a text may name it. */
export function valuesOfError({ details, retryAfter }: PipelineError, writer: Writer): Values {
  const given = (typeof details === "object" && details !== null ? details : {}) as Record<string, unknown>;
  const number = (name: string) => typeof given[name] === "number" ? given[name] : undefined;
  const text = (name: string) => typeof given[name] === "string" ? given[name] : undefined;
  const bytes = number("max_file_bytes") ?? (given.limit === "bytes_per_user" ? number("limit_value") : undefined);
  const documents = given.limit === "documents_per_user" ? number("limit_value") : undefined;
  const daily = number("limit");
  const isPages = given.limit_name === "pages_per_user_per_day";
  const instant = text("resets_at") ?? text("possible_from");
  const pages = Array.isArray(given.pages) ? given.pages.filter((page) => typeof page === "number") : [];
  return {
    count: documents ?? daily ?? number("page_count"),
    documents: documents ?? (isPages ? undefined : daily),
    dailyPages: isPages ? daily : undefined,
    pageCount: number("page_count"),
    pages: pages.length > 0 ? writer.pages(pages) : undefined,
    size: bytes === undefined ? undefined : writer.size(bytes),
    date: instant === undefined ? undefined : writer.date(instant),
    when: retryAfter === null ? undefined : writer.duration(retryAfter),
    version: text("required_version"),
  };
}
