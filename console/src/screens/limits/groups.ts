import type { Setting } from "../../settings/setting.ts";

export interface Group {
  title: string;
  settings: Setting[];
}

/** What belongs together, in the order in which a document meets it. A column that is missing here is shown last. */
const GROUPS: [title: string, columns: string[]][] = [
  ["Files", ["allowed_mime_types", "max_file_bytes", "max_pages", "max_text_bytes", "upload_url_seconds"]],
  ["Users", [
    "active_documents_per_user",
    "uploads_per_user_per_day",
    "pages_per_user_per_day",
    "documents_per_user",
    "bytes_per_user",
    "requests_per_user_per_hour",
    "status_polls_per_minute",
  ]],
  ["Budgets", ["monthly_budget_cents", "monthly_budget_cents_per_user", "expected_bytes_per_page"]],
  ["Parsing", [
    "ocr_languages",
    "max_failed_page_ratio",
    "parse_deadline_seconds",
    "first_poll_seconds",
    "max_poll_seconds",
  ]],
  ["Accounts", [
    "allow_anonymous_users",
    "required_consent_version",
    "wrong_passwords_per_account",
    "sign_in_attempts_per_address",
    "sign_in_window_seconds",
    "mfa_for_deletion",
  ]],
  ["Live status", ["live_status"]],
];

/** All limits, each once, whichever columns the table has. */
export function grouped(settings: Setting[]): Group[] {
  const rest = new Map(settings.map((setting) => [setting.column_name, setting]));
  const groups = GROUPS.map(([title, columns]) => ({
    title,
    settings: columns.flatMap((column) => {
      const setting = rest.get(column);
      rest.delete(column);
      return setting ? [setting] : [];
    }),
  }));
  return [...groups, { title: "Further limits", settings: [...rest.values()] }].filter(({ settings }) =>
    settings.length > 0
  );
}

/** The groups with the settings whose name or meaning has these words. */
export function found(groups: Group[], words: string): Group[] {
  const parts = words.toLowerCase().split(/\s+/).filter((part) => part !== "");
  return groups.map(({ title, settings }) => ({
    title,
    settings: settings.filter(({ column_name, description }) => {
      const text = `${title} ${column_name} ${column_name.replaceAll("_", " ")} ${description ?? ""}`.toLowerCase();
      return parts.every((part) => text.includes(part));
    }),
  })).filter(({ settings }) => settings.length > 0);
}
