import type { SupabaseClient } from "@supabase/supabase-js";
import type { DocumentPage, DocumentStatus } from "./answers.ts";
import { ask, documentRoute, queryOf } from "./call_api.ts";
import { dataApi, dataOf, SCHEMA_NOT_EXPOSED } from "./data_api.ts";
import { PipelineError } from "./pipeline_error.ts";
import { STATUS_COLUMNS, statusOf, type StatusRow } from "./status_row.ts";

/** How far a reader has read. */
export interface Position {
  /** The number of the last event, 0 if there was none; undefined if they cannot be read. */
  eventNo: number | undefined;
  /** The newest `updated_at`, by the server's clock; undefined if there was no document. */
  updatedAt: string | undefined;
}

export interface Changes {
  /** In the order of `updated_at`. */
  statuses: DocumentStatus[];
  /** Ids of documents that were deleted. */
  removed: string[];
  position: Position;
  /** No event up to this number is newer than the statuses. Undefined if events cannot be read. */
  through: number | undefined;
}

export interface ReadDocuments {
  found: DocumentStatus[];
  missing: string[];
  /** No event up to this number is newer than what was found. Undefined if events cannot be read. */
  through: number | undefined;
}

/** Reads what a user's documents have become, where broadcasts are missing. Throws `PipelineError`. */
export interface ChangeReader {
  /** The least time between two readings without a cause, in milliseconds. */
  readonly gapMs: number;
  /** From where reading covers the last changes. */
  start(): Promise<Position>;
  /** What has changed since. A document that changed at about the same time is included once more. */
  since(position: Position, knownIds: string[]): Promise<Changes>;
  read(ids: string[]): Promise<ReadDocuments>;
}

/** A transaction that began so long ago may still commit with an older `updated_at`. */
const OVERLAP_MS = 30_000;
/** At the start, so many events are read again. */
const OVERLAP_EVENTS = 20;
const NOT_FOUND = 404;
const PAGE = 500;
/** So many ids fit into one request's address. */
const IDS_A_REQUEST = 100;
const DATA_API_GAP_MS = 1_000;
/** The API takes a thousand requests an hour from a user. */
const API_GAP_MS = 10_000;

/** Reads through the Data API; through the API, less often, where the project does not expose the pipeline's schema. */
export function createChangeReader(supabase: SupabaseClient): ChangeReader {
  let reader = dataApiReader(supabase);
  async function either<T>(work: (reader: ChangeReader) => Promise<T>): Promise<T> {
    try {
      return await work(reader);
    } catch (error) {
      if (!(error instanceof PipelineError) || error.code !== SCHEMA_NOT_EXPOSED) throw error;
      reader = apiReader(supabase);
      return await work(reader);
    }
  }
  return {
    get gapMs() {
      return reader.gapMs;
    },
    start: () => either((reader) => reader.start()),
    since: (position, knownIds) => either((reader) => reader.since(position, knownIds)),
    read: (ids) => either((reader) => reader.read(ids)),
  };
}

function dataApiReader(supabase: SupabaseClient): ChangeReader {
  const rows = () => dataApi(supabase).from("document_status").select(STATUS_COLUMNS);
  const events = () => dataApi(supabase).from("live_events").select("event_no, document_ids");

  async function lastEventNo(): Promise<number | undefined> {
    const answer = await events().order("event_no", { ascending: false }).limit(1).returns<EventRow[]>();
    // A release before live status has no such table.
    return answer.status === NOT_FOUND ? undefined : dataOf(answer)?.[0]?.event_no ?? 0;
  }

  /** The events after this one; undefined if it is gone, so that there may be a gap before them. */
  async function eventsAfter(eventNo: number): Promise<EventRow[] | undefined> {
    const found: EventRow[] = [];
    for (let from = eventNo;;) {
      const query = events().gte("event_no", from).order("event_no").limit(PAGE);
      const page = dataOf(await query.returns<EventRow[]>()) ?? [];
      if (page[0]?.event_no !== from && from > 0) return undefined;
      found.push(...page.filter(({ event_no }) => event_no > from));
      if (page.length < PAGE) return found;
      from = page[page.length - 1].event_no;
    }
  }

  async function rowsSince(updatedAt: string | undefined): Promise<DocumentStatus[]> {
    const from = updatedAt && new Date(Date.parse(updatedAt) - OVERLAP_MS).toISOString();
    const found: DocumentStatus[] = [];
    for (let offset = 0;; offset += PAGE) {
      const query = from ? rows().gte("updated_at", from) : rows();
      const page = await query.order("updated_at").order("document_id").range(offset, offset + PAGE - 1)
        .returns<StatusRow[]>();
      const read = dataOf(page) ?? [];
      found.push(...read.map(statusOf));
      if (read.length < PAGE) return found;
    }
  }

  async function readRows(ids: string[]): Promise<DocumentStatus[]> {
    const found: DocumentStatus[] = [];
    for (let at = 0; at < ids.length; at += IDS_A_REQUEST) {
      const page = await rows().in("document_id", ids.slice(at, at + IDS_A_REQUEST)).returns<StatusRow[]>();
      found.push(...(dataOf(page) ?? []).map(statusOf));
    }
    return found;
  }

  return {
    gapMs: DATA_API_GAP_MS,

    async start() {
      const eventNo = await lastEventNo();
      const newest = await rows().order("updated_at", { ascending: false }).limit(1).returns<StatusRow[]>();
      return {
        eventNo: eventNo === undefined ? undefined : Math.max(eventNo - OVERLAP_EVENTS, 0),
        updatedAt: dataOf(newest)?.[0]?.updated_at,
      };
    },

    async since({ eventNo, updatedAt }, knownIds) {
      const after = eventNo === undefined ? undefined : await eventsAfter(eventNo);
      const last = after ? after[after.length - 1]?.event_no ?? eventNo : await lastEventNo();
      const statuses = await rowsSince(updatedAt);
      const seen = new Set(statuses.map(({ document_id }) => document_id));
      // Without numbers, as where live status is switched off, only a look for them shows which documents are gone.
      const named = after && last ? after.flatMap(({ document_ids }) => document_ids) : knownIds;
      const unseen = [...new Set(named)].filter((id) => !seen.has(id));
      const others = unseen.length > 0 ? await readRows(unseen) : [];
      const found = new Set(others.map(({ document_id }) => document_id));
      const all = [...others, ...statuses].sort(byTime);
      return {
        statuses: all,
        removed: unseen.filter((id) => !found.has(id)),
        position: { eventNo: last, updatedAt: newestOf(all, updatedAt) },
        through: all.length > 0 ? await lastEventNo() : last,
      };
    },

    async read(ids) {
      const found = await readRows(ids);
      const there = new Set(found.map(({ document_id }) => document_id));
      return { found, missing: ids.filter((id) => !there.has(id)), through: await lastEventNo() };
    },
  };
}

interface EventRow {
  event_no: number;
  document_ids: string[];
}

function apiReader(supabase: SupabaseClient): ChangeReader {
  const page = (cursor?: string) =>
    ask<DocumentPage>(supabase, `documents${queryOf({ limit: 100, sort: "updated_at", order: "desc", cursor })}`, {
      method: "GET",
    });

  return {
    gapMs: API_GAP_MS,

    async start() {
      return { eventNo: undefined, updatedAt: (await page()).documents[0]?.updated_at };
    },

    async since({ updatedAt }, knownIds) {
      const from = updatedAt ? Date.parse(updatedAt) - OVERLAP_MS : 0;
      const statuses: DocumentStatus[] = [];
      let cursor: string | null | undefined;
      let isWhole = false;
      for (;;) {
        const { documents, next_cursor } = await page(cursor ?? undefined);
        statuses.push(...documents);
        isWhole = next_cursor === null;
        const oldest = documents[documents.length - 1];
        if (isWhole || Date.parse(oldest.updated_at) < from) break;
        cursor = next_cursor;
      }
      const listed = new Set(statuses.map(({ document_id }) => document_id));
      return {
        statuses: statuses.filter(({ updated_at }) => Date.parse(updated_at) >= from).sort(byTime),
        // Whether an unlisted document is gone shows the whole list only.
        removed: isWhole ? knownIds.filter((id) => !listed.has(id)) : [],
        position: { eventNo: undefined, updatedAt: newestOf(statuses, updatedAt) },
        through: undefined,
      };
    },

    async read(ids) {
      const found: DocumentStatus[] = [];
      const missing: string[] = [];
      for (const id of ids) {
        try {
          found.push(await ask(supabase, `${documentRoute(id)}/status`, { method: "GET" }));
        } catch (error) {
          if (!(error instanceof PipelineError) || error.status !== 404) throw error;
          missing.push(id);
        }
      }
      return { found, missing, through: undefined };
    },
  };
}

function byTime(a: DocumentStatus, b: DocumentStatus): number {
  return Date.parse(a.updated_at) - Date.parse(b.updated_at);
}

function newestOf(statuses: DocumentStatus[], before: string | undefined): string | undefined {
  const times = statuses.map(({ updated_at }) => updated_at);
  return [...times, ...before ? [before] : []].sort((a, b) => Date.parse(b) - Date.parse(a))[0];
}
