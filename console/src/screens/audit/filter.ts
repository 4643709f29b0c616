import type { Functions, Json } from "../../database.types.ts";
import { isUuid } from "../../uuid.ts";

/** The conditions in the address. */
const NAMES = ["action", "actor", "operator", "user", "subject", "from", "to"] as const;
export type Filter = Partial<Record<typeof NAMES[number], string>>;

/** No entry has this one. */
const NONE = "00000000-0000-0000-0000-000000000000";

export function filterOf(params: URLSearchParams): Filter {
  return Object.fromEntries(
    NAMES.map((name) => [name, params.get(name)?.trim()]).filter(([, value]) => value),
  );
}

/** What the database is asked. What is no id or no time, which an address may have, finds nothing, or all times. */
export function argsOf(filter: Filter): Functions["audit_entries"]["Args"] {
  return {
    p_action: filter.action ?? null,
    p_actor: filter.actor ?? null,
    p_operator_id: idOf(filter.operator),
    p_user_id: idOf(filter.user),
    p_subject_id: idOf(filter.subject),
    p_from: timeOf(filter.from),
    p_to: timeOf(filter.to),
  };
}

function idOf(text: string | undefined): string | null {
  if (text === undefined) return null;
  return isUuid(text) ? text : NONE;
}

function timeOf(text: string | undefined): string | null {
  const time = new Date(text ?? "");
  return Number.isNaN(time.getTime()) ? null : time.toISOString();
}

/** The operators' addresses by their ids. */
export function operatorsOf(people: Json): Record<string, string> {
  return Object.fromEntries(
    (people as { id: string; email: string | null }[]).map(({ id, email }) => [id, email ?? id]),
  );
}
