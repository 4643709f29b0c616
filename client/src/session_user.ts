import type { SupabaseClient } from "@supabase/supabase-js";
import { onUser, UNKNOWN_USER } from "./session.ts";

/**
 * The user of the client's session, renewed if it has expired; undefined without one. Realtime gets the session's
 * token. Works for clients with the option `accessToken` too, whose `auth` cannot be used.
 */
export async function readSessionUser(supabase: SupabaseClient): Promise<string | undefined> {
  await supabase.realtime.setAuth();
  return subjectOf(supabase.realtime.accessTokenValue);
}

/**
 * Calls back when the session ends, or begins for another user.
 * @returns stops it
 */
export function onOtherUser(supabase: SupabaseClient, userId: string, changed: () => void): () => void {
  // Where sessions are kept elsewhere, joins compare the user.
  return onUser(supabase, (id) => {
    if (id !== userId && id !== UNKNOWN_USER) changed();
  });
}

/** The user in a token; undefined for a key. The server verifies the token. */
function subjectOf(token: string | null): string | undefined {
  const body = token?.split(".")[1];
  if (!body) return undefined;
  try {
    const text = atob(body.replace(/-/g, "+").replace(/_/g, "/"));
    const { sub } = JSON.parse(text) as { sub?: unknown };
    return typeof sub === "string" ? sub : undefined;
  } catch {
    return undefined;
  }
}
