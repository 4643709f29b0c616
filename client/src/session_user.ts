import type { SupabaseClient } from "@supabase/supabase-js";

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
  let auth: SupabaseClient["auth"];
  try {
    auth = supabase.auth;
    const { data } = auth.onAuthStateChange((event, session) => {
      if (event === "SIGNED_OUT" || (session && session.user.id !== userId)) changed();
    });
    return () => data.subscription.unsubscribe();
  } catch {
    // With the option `accessToken` supabase-js throws: the app signs users in elsewhere. Joins compare the user.
    return () => {};
  }
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
