import type { SupabaseClient } from "@supabase/supabase-js";
import { PipelineError } from "./pipeline_error.ts";

/** Who is signed in, and the token that says so. */
export interface Session {
  userId: string;
  accessToken: string;
}

/**
 * The session of the client, refreshed if it had run out. Null if nobody is signed in, and for a client whose sessions
 * are kept elsewhere: one that was created with `accessToken`, or with an `Authorization` header of its own.
 * @throws {PipelineError} `network_error` if the session has run out and the sign-in service cannot be reached
 */
export async function sessionOf(supabase: SupabaseClient): Promise<Session | null> {
  if (!keepsSessions(supabase)) return null;
  const { data: { session }, error } = await supabase.auth.getSession();
  if (error && isUnreachable(error)) throw authUnreachable(error);
  return session && { userId: session.user.id, accessToken: session.access_token };
}

/**
 * Calls the listener with the signed-in user's id, or null if no user is signed in: soon, and whenever it changes. Of a client
 * whose sessions are kept elsewhere the user is unknown, and taken for one and the same.
 * @returns ends it
 */
export function onUser(supabase: SupabaseClient, listener: (userId: string | null) => void): () => void {
  let last: string | null | undefined;
  let isOver = false;
  const hear = (userId: string | null) => {
    if (isOver || userId === last) return;
    last = userId;
    listener(userId);
  };
  if (!keepsSessions(supabase)) {
    Promise.resolve().then(() => hear(UNKNOWN_USER));
    return () => void (isOver = true);
  }
  const { data: { subscription } } = supabase.auth.onAuthStateChange((_event, session) =>
    hear(session?.user.id ?? null)
  );
  return () => {
    isOver = true;
    subscription.unsubscribe();
  };
}

/** The user of a client whose sessions are kept elsewhere. */
export const UNKNOWN_USER = "unknown";

/**
 * Renews the session after a request was refused for its token, which may look valid here: clocks differ, and signing
 * keys are replaced.
 * @param refused the refusal, which stands if the client's sessions are kept elsewhere
 * @throws {PipelineError} `session_expired`, or `network_error` if the sign-in service cannot be reached
 */
export async function renewSession(supabase: SupabaseClient, refused: PipelineError): Promise<Session> {
  if (!keepsSessions(supabase)) throw refused;
  if (!await sessionOf(supabase)) throw sessionExpired(refused);
  const { data: { session }, error } = await supabase.auth.refreshSession();
  if (session) return { userId: session.user.id, accessToken: session.access_token };
  throw error && isUnreachable(error) ? authUnreachable(error) : sessionExpired(error ?? refused);
}

export function sessionExpired(cause?: unknown): PipelineError {
  return new PipelineError("session_expired", "You are not signed in, or your session has ended. Sign in again.", {
    status: 401,
    cause,
  });
}

export function userChanged(): PipelineError {
  return new PipelineError("user_changed", "Another user is signed in than the one who began this.");
}

/** supabase-js throws at the first touch of `auth` of a client that was created with `accessToken`. */
export function keepsSessions(supabase: SupabaseClient): boolean {
  return !(supabase as unknown as { accessToken?: unknown }).accessToken;
}

/** By name, so that this needs only the types of supabase-js. */
function isUnreachable({ name }: Error): boolean {
  return name === "AuthRetryableFetchError";
}

function authUnreachable(cause: unknown): PipelineError {
  return new PipelineError("network_error", "The sign-in service cannot be reached.", { cause });
}
