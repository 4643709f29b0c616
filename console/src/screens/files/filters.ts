import { type ListOptions, type State, STATES } from "supabase-document-pipeline-client";

export const SORTS = ["created_at.desc", "created_at.asc", "updated_at.desc", "filename.asc", "filename.desc"] as const;
export type Sort = typeof SORTS[number];

/** What the list shows; the address has the same, so that it can be opened again. */
export interface Filters {
  q: string;
  state: State | "";
  sort: Sort;
}

/** What the address does not say, or says in a way that makes no sense, is as by default. */
export function readFilters(params: URLSearchParams): Filters {
  const [state, sort] = [params.get("state"), params.get("sort")];
  return {
    q: params.get("q") ?? "",
    state: STATES.find((known) => known === state) ?? "",
    sort: SORTS.find((known) => known === sort) ?? SORTS[0],
  };
}

export function isFiltered({ q, state }: Filters): boolean {
  return q.trim() !== "" || state !== "";
}

/** As the client asks for it. */
export function listOptions({ q, state, sort }: Filters): ListOptions {
  const [field, order] = sort.split(".") as [ListOptions["sort"], ListOptions["order"]];
  return { sort: field, order, ...state && { state }, ...q.trim() !== "" && { q: q.trim() } };
}
