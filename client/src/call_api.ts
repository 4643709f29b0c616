import type { SupabaseClient } from "@supabase/supabase-js";
import { throwIfAborted } from "./abort.ts";
import { PipelineError, refusal } from "./pipeline_error.ts";
import { renewSession, type Session, userChanged } from "./session.ts";

export type ApiAnswer<T> =
  | { ok: true; data: T }
  /** `body` is the whole response, null if it is not JSON. */
  | { ok: false; error: PipelineError; body: unknown };

export interface ApiRequest {
  method: "GET" | "POST" | "DELETE";
  body?: Record<string, unknown>;
  headers?: Record<string, string>;
  /** The user who makes the request, also if another one signs in before it is sent. */
  session?: Session | null;
  signal?: AbortSignal;
}

/** The codes of a token that is missing, or not accepted: the API's, and that of a gateway before it. */
const TOKEN_REFUSED = ["unauthorized", "session_ended", "unexpected_answer"];

/**
 * Calls a route of the API as the signed-in user. If the token is refused, renews the session and repeats the call once;
 * if the session cannot be renewed, the error is `session_expired`. Throws only the signal's reason.
 */
export async function callApi<T>(
  supabase: SupabaseClient,
  route: string,
  request: ApiRequest,
): Promise<ApiAnswer<T>> {
  const answer = await callOnce<T>(supabase, route, request);
  if (answer.ok || answer.error.status !== 401 || !TOKEN_REFUSED.includes(answer.error.code)) return answer;
  try {
    const session = await renewSession(supabase, answer.error);
    if (request.session && request.session.userId !== session.userId) throw userChanged();
    return await callOnce<T>(supabase, route, { ...request, ...request.session && { session } });
  } catch (error) {
    if (error instanceof PipelineError) return { ...answer, error };
    throw error;
  }
}

async function callOnce<T>(
  supabase: SupabaseClient,
  route: string,
  { session, headers, ...request }: ApiRequest,
): Promise<ApiAnswer<T>> {
  const { data, error } = await supabase.functions.invoke(`api/${route}`, {
    ...request,
    headers: { ...headers, ...session && { Authorization: `Bearer ${session.accessToken}` } },
  });
  if (!error) return { ok: true, data };
  if (error.context instanceof Response) {
    const body = await error.context.json().catch(() => null);
    return { ok: false, error: refusal(error.context, body), body };
  }
  throwIfAborted(request.signal);
  return {
    ok: false,
    error: new PipelineError("network_error", "The API cannot be reached.", { cause: error }),
    body: null,
  };
}

/** Calls a route of the API, and throws a refusal. */
export async function ask<T>(supabase: SupabaseClient, route: string, request: ApiRequest): Promise<T> {
  const answer = await callApi<T>(supabase, route, request);
  if (!answer.ok) throw answer.error;
  return answer.data;
}

/** The route of one document. */
export function documentRoute(documentId: string): string {
  return `documents/${encodeURIComponent(documentId)}`;
}

/** A query string of the parameters that are given, with its question mark; empty if there are none. */
export function queryOf(parameters: Record<string, string | number | undefined>): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return query && `?${query}`;
}
