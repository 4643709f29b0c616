import { InvalidArgumentError } from "commander";
import type postgres from "postgres";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const UNITS = { m: 60, h: 3_600, d: 86_400 };

/** A time: `2026-11-01`, `2026-11-01T10:00:00Z`, or an age, `30m`, `12h`, `7d`. */
export function readTime(text: string): Date {
  const ago = /^(\d+)([mhd])$/.exec(text);
  if (ago) {
    const seconds = Number(ago[1]) * UNITS[ago[2] as keyof typeof UNITS];
    return new Date(Date.now() - seconds * 1000);
  }
  const time = /^\d{4}-\d\d-\d\d/.test(text) ? new Date(text) : null;
  if (time && !Number.isNaN(time.getTime())) return time;
  throw new InvalidArgumentError(
    "Use ISO 8601, such as 2026-11-01T10:00:00Z, or an age: 30m, 12h, 7d.",
  );
}

/** An HTTP URL without a slash at its end. */
export function readUrl(text: string): string {
  if (/^https?:$/.test(URL.parse(text)?.protocol ?? "")) {
    return text.replace(/\/+$/, "");
  }
  throw new InvalidArgumentError(
    "The URL must begin with https:// or http://.",
  );
}

/** A whole number in a range. */
export function readCount(least: number, most: number) {
  return (text: string): number => {
    const count = /^\d+$/.test(text) ? Number(text) : NaN;
    if (count >= least && count <= most) return count;
    throw new InvalidArgumentError(
      `Use a whole number from ${least} to ${most}.`,
    );
  };
}

/** A number from 0 to 1. */
export function readFraction(text: string): number {
  const number = /^(\d+|\d*\.\d+)$/.test(text) ? Number(text) : NaN;
  if (number <= 1) return number;
  throw new InvalidArgumentError("Use a number from 0 to 1.");
}

/** More pages than any document has. */
const MOST_PAGES = 10_000;

/** Page numbers from 1: `unread`, or a list such as `1,3-5`. */
export function readPages(text: string): "unread" | number[] {
  if (text === "unread") return text;
  const ranges = text.split(",").map((part) => {
    const [, first, last = first] = /^\s*(\d+)(?:-(\d+))?\s*$/.exec(part) ?? [];
    return [Number(first), Number(last)];
  });
  const isGood = ranges.every(([first, last]) => first >= 1 && last >= first);
  const count = ranges.reduce(
    (sum, [first, last]) => sum + last - first + 1,
    0,
  );
  if (isGood && count <= MOST_PAGES) {
    return ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i));
  }
  throw new InvalidArgumentError(
    "Use unread, or page numbers and ranges: 13, or 1,3-5.",
  );
}

export interface Account {
  user_id: string;
  email: string | null;
}

/** The user with an id or an e-mail address. */
export async function findUser(
  sql: postgres.Sql,
  who: string,
): Promise<Account> {
  const [account] = await sql<Account[]>`
    select id as user_id, email from auth.users
    where ${UUID.test(who) ? sql`id = ${who}` : sql`email = lower(${who})`}`;
  if (account) return account;
  throw new ErrorWithRemedy(
    `Unknown user: ${who}.`,
    "Use a user's id or complete e-mail address.",
    { code: "user_not_found" },
  );
}

export interface Found {
  document_id: string;
  job_id: string;
  user_id: string;
  filename: string;
  status: string;
  state: string;
}

/** The document of an id: its own, its job's, an error reference, a request's, or LlamaParse's. */
export async function findDocument(
  sql: postgres.Sql,
  id: string,
): Promise<Found> {
  const [found] = await sql<Found[]>`
    select d.document_id, j.job_id, j.user_id, d.filename, j.status, j.state
    from upload_pipeline.documents d join upload_pipeline.upload_jobs j using (document_id)
    where d.document_id = pipeline_monitoring.find_document(${id})`;
  if (found) return found;
  throw new ErrorWithRemedy(
    `Unknown id: ${id}.`,
    "Use a document's or job's id, an error reference, a request id, or LlamaParse's job id.",
    { code: "document_not_found" },
  );
}
