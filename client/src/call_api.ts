import type { SupabaseClient } from "@supabase/supabase-js";
import { throwIfAborted } from "./abort.ts";
import { PipelineError, refusal } from "./pipeline_error.ts";

export type ApiAnswer<T> =
  | { ok: true; data: T }
  /** `body` is the whole response, null if it is not JSON. */
  | { ok: false; error: PipelineError; body: unknown };

export interface ApiRequest {
  method: "GET" | "POST" | "DELETE";
  body?: Record<string, unknown>;
  signal?: AbortSignal;
}

/** Calls a route of the API as the signed-in user. Throws only the signal's reason. */
export async function callApi<T>(
  supabase: SupabaseClient,
  route: string,
  request: ApiRequest,
): Promise<ApiAnswer<T>> {
  const { data, error } = await supabase.functions.invoke(
    `api/${route}`,
    request,
  );
  if (!error) return { ok: true, data };
  if (error.context instanceof Response) {
    const body = await error.context.json().catch(() => null);
    return { ok: false, error: refusal(error.context, body), body };
  }
  throwIfAborted(request.signal);
  return {
    ok: false,
    error: new PipelineError("network_error", "The API cannot be reached.", {
      cause: error,
    }),
    body: null,
  };
}
