import { keepPreviousData, useQuery } from "@tanstack/preact-query";
import type { Database } from "supabase-document-pipeline-client";
import { supabase } from "../../project.ts";
import { lastRun, type Move } from "./steps.ts";

type Tables = Database["upload_pipeline"]["Tables"];
type Event = Pick<Tables["events"]["Row"], "document_id" | "status" | "created_at">;
type Facts = Pick<
  Tables["documents"]["Row"],
  "page_count" | "chunk_count" | "language" | "verified_at" | "parsed_path"
>;

/** The most moves that are read; a document has eleven, and as many for each further run. */
const MOST_MOVES = 1_000;

const NONE: ReadonlyMap<string, Move[]> = new Map();

/**
 * The moves of each document's last run, oldest first. Times are an extra: where the project does not offer the tables
 * over the Data API there are none, and the steps are shown without.
 * @param version changes when they are to be read again
 */
export function useRuns(documentIds: readonly string[], version: unknown): ReadonlyMap<string, Move[]> {
  const { data } = useQuery({
    queryKey: ["runs", documentIds, version],
    queryFn: ({ signal }) => readRuns(documentIds, signal),
    enabled: documentIds.length > 0,
    placeholderData: keepPreviousData,
    // The same documents later have other runs.
    gcTime: 0,
    retry: false,
  });
  return data ?? NONE;
}

async function readRuns(ids: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, Move[]>> {
  const { data, error } = await supabase.schema("upload_pipeline").from("events")
    .select("document_id, status, created_at")
    .in("document_id", ids)
    .eq("type", "status")
    .order("event_no", { ascending: false })
    .limit(MOST_MOVES)
    .abortSignal(signal)
    .returns<Event[]>();
  if (error) throw error;
  return new Map(ids.map((id) => [id, lastRun(data.filter(({ document_id }) => document_id === id).reverse())]));
}

/** What is known of a document apart from its status. Undefined where the Data API does not offer it. */
export function useFacts(documentId: string, version: unknown): Facts | undefined {
  const { data } = useQuery({
    queryKey: ["facts", documentId, version],
    queryFn: async ({ signal }) => {
      const { data, error } = await supabase.schema("upload_pipeline").from("documents")
        .select("page_count, chunk_count, language, verified_at, parsed_path")
        .eq("document_id", documentId)
        .abortSignal(signal)
        .returns<Facts[]>();
      if (error) throw error;
      return data[0] ?? null;
    },
    placeholderData: keepPreviousData,
    retry: false,
  });
  return data ?? undefined;
}
