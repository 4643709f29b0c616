import type { Functions } from "../../database.types.ts";

/** The parameters of the list in its address; each is also a condition of the database's function, as `p_…`. */
export const CONDITIONS = [
  "status",
  "state",
  "code",
  "warning",
  "user_id",
  "name",
  "created_from",
  "created_until",
  "updated_from",
  "updated_until",
] as const;
export type Condition = typeof CONDITIONS[number];
export type Filter = Partial<Record<Condition, string>>;

export function filterOf(params: URLSearchParams): Filter {
  const given = CONDITIONS.map((name) => [name, params.get(name)?.trim()]).filter(([, value]) => value);
  return Object.fromEntries(given);
}

export function argsOf(filter: Filter): Functions["document_count"]["Args"] {
  return Object.fromEntries(Object.entries(filter).map(([name, value]) => [`p_${name}`, value]));
}

/** "more than 1,000 documents" */
export function countText(count: { document_count: number; has_more: boolean }): string {
  const number = count.document_count.toLocaleString("en");
  return `${count.has_more ? "more than " : ""}${number} ${count.document_count === 1 ? "document" : "documents"}`;
}
