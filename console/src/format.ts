import { language } from "./language.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export function formatNumber(value: number, digits = 0): string {
  return value.toLocaleString(language(), { maximumFractionDigits: digits });
}

export function formatBytes(bytes: number): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), units.length - 1);
  return (bytes / 1000 ** power).toLocaleString(language(), {
    style: "unit",
    unit: units[power],
    unitDisplay: "short",
    maximumSignificantDigits: 3,
  });
}

/** US cents, as the providers charge. */
export function formatCents(cents: number): string {
  return (cents / 100).toLocaleString(language(), {
    style: "currency",
    currency: "USD",
    maximumFractionDigits: cents !== 0 && Math.abs(cents) < 10 ? 4 : 2,
  });
}

export function formatSeconds(seconds: number): string {
  const [value, unit] = seconds < 1
    ? [seconds * 1000, "millisecond"]
    : seconds < 120
    ? [seconds, "second"]
    : seconds < 7200
    ? [seconds / 60, "minute"]
    : seconds < 172_800
    ? [seconds / 3600, "hour"]
    : [seconds / 86_400, "day"];
  return Number(value).toLocaleString(language(), {
    style: "unit",
    unit: String(unit),
    unitDisplay: "short",
    maximumSignificantDigits: 3,
  });
}

export function formatTime(at: string | Date): string {
  return new Date(at).toLocaleString(language(), { dateStyle: "medium", timeStyle: "medium" });
}

/** "3 minutes ago". */
export function formatAgo(at: string | Date, now = Date.now()): string {
  const passed = new Date(at).getTime() - now;
  const format = new Intl.RelativeTimeFormat(language(), { numeric: "auto" });
  const size = Math.abs(passed);
  if (size < MINUTE) return format.format(Math.round(passed / SECOND), "second");
  if (size < HOUR) return format.format(Math.round(passed / MINUTE), "minute");
  if (size < DAY) return format.format(Math.round(passed / HOUR), "hour");
  return format.format(Math.round(passed / DAY), "day");
}
