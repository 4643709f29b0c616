import type postgres from "postgres";
import type { Caller } from "./caller.ts";
import { Fault } from "./faults.ts";
import { asCaller } from "./transactions.ts";

export interface ListRequest {
  /** The folder to list, with or without a closing slash; empty for the bucket's root. */
  prefix: string;
  /** Only entries that begin with this, in any case. */
  search: string;
  limit: number;
  offset: number;
  column: SortColumn;
  descending: boolean;
}

const SORT_COLUMNS = [
  "name",
  "updated_at",
  "created_at",
  "last_accessed_at",
] as const;
type SortColumn = (typeof SORT_COLUMNS)[number];

/**
 * A file of the folder, or a folder in it: those have a name and nothing else.
 */
export interface ListEntry {
  name: string;
  id: string | null;
  updated_at: Date | null;
  created_at: Date | null;
  last_accessed_at: Date | null;
  metadata: unknown;
}

export function readListRequest(body: unknown): ListRequest {
  const request = (body ?? {}) as Record<string, unknown>;
  const sortBy = (request.sortBy ?? {}) as Record<string, unknown>;
  const column = SORT_COLUMNS.find((known) => known === (sortBy.column ?? "name"));
  if (!column) throw invalid("sortBy.column");
  return {
    prefix: text(request.prefix, "prefix"),
    search: text(request.search, "search"),
    limit: count(request.limit, 100, "limit"),
    offset: count(request.offset, 0, "offset"),
    column,
    descending: sortBy.order === "desc",
  };
}

/** The entries of one folder that the caller may see, folders first. */
export async function listFolder(
  sql: postgres.Sql,
  caller: Caller,
  bucket: string,
  request: ListRequest,
): Promise<ListEntry[]> {
  const folder = request.prefix.replace(/^\/+|\/+$/g, "");
  const prefix = folder === "" ? "" : `${folder}/`;
  return await asCaller(sql, caller, (tx) => {
    const direction = request.descending ? tx`desc` : tx`asc`;
    return tx<ListEntry[]>`
      with below as (
        select *, substr(name, ${prefix.length + 1}::int) as rest
        from storage.objects
        where bucket_id = ${bucket} and starts_with(name, ${prefix})
      ), entries as (
        select split_part(rest, '/', 1) as name, null::uuid as id, null::timestamptz as updated_at,
          null::timestamptz as created_at, null::timestamptz as last_accessed_at, null::jsonb as metadata
        from below where rest like '%/%' group by 1
        union all
        select rest, id, updated_at, created_at, last_accessed_at, metadata
        from below where rest not like '%/%'
      )
      select * from entries
      where starts_with(lower(name), lower(${request.search}))
      order by (id is null) desc, ${tx(request.column)} ${direction}, name
      limit ${request.limit} offset ${request.offset}`;
  });
}

function text(value: unknown, name: string): string {
  if (value === undefined || value === null) return "";
  if (typeof value !== "string") throw invalid(name);
  return value;
}

function count(value: unknown, otherwise: number, name: string): number {
  if (value === undefined || value === null) return otherwise;
  if (!Number.isInteger(value) || (value as number) < 0) throw invalid(name);
  return value as number;
}

function invalid(name: string): Fault {
  return new Fault(400, "InvalidParameter", `Invalid Parameter ${name}`);
}
