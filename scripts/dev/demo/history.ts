import type { SupabaseClient } from "@supabase/supabase-js";
import { DemoError } from "./failure.ts";

/** An entry of the document's history, a row of `upload_pipeline.events`. */
export interface HistoryEvent {
  event_no: number;
  type: "status" | "retry" | "pause" | "warning" | "failure";
  status: string;
  stage: string | null;
  code: string | null;
  message: string | null;
  created_at: string;
}

/** A user's view of a document's processing, through the Data API and row-level security. */
export interface History {
  /** The document's events after number `after`, oldest first. */
  events(documentId: string, after: number): Promise<HistoryEvent[]>;
  /** The meaning of each status. */
  meanings(): Promise<Map<string, string>>;
}

/** Every call throws the signal's reason once it has fired. */
export function openHistory(
  supabase: SupabaseClient,
  signal: AbortSignal,
): History {
  const tables = supabase.schema("upload_pipeline");
  return {
    async events(documentId, after) {
      const { data, error } = await tables.from("events")
        .select("event_no, type, status, stage, code, message, created_at")
        .eq("document_id", documentId).gt("event_no", after).order("event_no")
        .abortSignal(signal);
      signal.throwIfAborted();
      if (error) throw unreadable("the document's events", error);
      return data as HistoryEvent[];
    },

    async meanings() {
      const { data, error } = await tables.from("statuses")
        .select("status, meaning").abortSignal(signal);
      signal.throwIfAborted();
      if (error) throw unreadable("the statuses", error);
      return new Map(data.map(({ status, meaning }) => [status, meaning]));
    },
  };
}

function unreadable(what: string, cause: { message: string }): DemoError {
  const message = `Reading ${what} failed: ${cause.message}`;
  return new DemoError(message, { cause });
}
