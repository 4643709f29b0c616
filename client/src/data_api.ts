import type { SupabaseClient } from "@supabase/supabase-js";
import { throwIfAborted } from "./abort.ts";
import { PipelineError } from "./pipeline_error.ts";
import { sessionExpired } from "./session.ts";

/** The Data API's error if it does not expose the pipeline's schema. */
export const SCHEMA_NOT_EXPOSED = "PGRST106";

/** What supabase-js answers; it reports status 0 for a request without a response. */
interface Answer<T> {
  data: T | null;
  error: { code: string; message: string; details: string } | null;
  status: number;
}

/** The tables and views that users may read themselves, under row-level security. */
export function dataApi(supabase: SupabaseClient) {
  return supabase.schema("upload_pipeline");
}

/** The answer's data; throws its error, or the signal's reason. */
export function dataOf<T>({ data, error, status }: Answer<T>, signal?: AbortSignal): T | null {
  throwIfAborted(signal);
  if (!error) return data;
  if (status === 0) throw new PipelineError("network_error", "The Data API cannot be reached.", { cause: error });
  // Without a session, the Data API knows only the project's key.
  if (status === 401) throw sessionExpired(error);
  throw new PipelineError(error.code || "unexpected_answer", error.message, {
    status,
    details: error.details,
    cause: error,
  });
}
