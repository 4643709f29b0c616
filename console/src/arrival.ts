import { supabase } from "./project.ts";
import { createSharedValue } from "./shared_value.ts";

/**
 * What a mailed link brought: `recovery`, a session in which the password is to be set; `confirmed`, an address that
 * Auth has confirmed; or the error of a link.
 */
export type Arrival = { kind: "recovery" } | { kind: "confirmed" } | { kind: "error"; error: unknown };

const current = createSharedValue<Arrival | undefined>(undefined);

export const useArrival = current.use;
export const currentArrival = current.get;
export const setArrival = current.set;

/**
 * Reads what a mailed link has added to the address, and removes it before anything else happens. A code is worth
 * something only with the other half, which this browser kept when it asked for the mail (PKCE); a token, as links bring
 * that were not asked for here, is never used.
 */
export async function readArrival(): Promise<void> {
  const given = parametersOf(location);
  const has = (name: string) => given.has(name);
  if (!["code", "access_token", "error", "error_code"].some(has)) return;
  history.replaceState(null, "", location.pathname);
  if (has("error") || has("error_code")) {
    return setArrival({ kind: "error", error: { code: given.get("error_code") ?? "otp_expired" } });
  }
  if (has("access_token")) return setArrival({ kind: "confirmed" });
  const { data, error } = await supabase.auth.exchangeCodeForSession(given.get("code")!);
  if (error) return setArrival({ kind: "error", error });
  // Types of supabase-js lack what it returns.
  const isRecovery = (data as { redirectType?: string | null }).redirectType === "recovery";
  setArrival(isRecovery ? { kind: "recovery" } : undefined);
}

/** Of the query, and of a hash that is no address of a screen. */
function parametersOf({ search, hash }: Location): URLSearchParams {
  const given = new URLSearchParams(search);
  if (hash.startsWith("#/")) return given;
  for (const [name, value] of new URLSearchParams(hash.slice(1))) given.set(name, value);
  return given;
}
