import { useSyncExternalStore } from "preact/compat";
import { supabase } from "./project.ts";

/**
 * What a mailed link brought: `recovery`, a session in which the password is to be set; `confirmed`, an address that
 * Auth has confirmed; or the error of a link.
 */
export type Arrival = { kind: "recovery" } | { kind: "confirmed" } | { kind: "error"; error: unknown };

const listeners = new Set<() => void>();
let current: Arrival | undefined;

export function useArrival(): Arrival | undefined {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, currentArrival);
}

export function currentArrival(): Arrival | undefined {
  return current;
}

export function setArrival(arrival: Arrival | undefined): void {
  current = arrival;
  for (const listener of listeners) listener();
}

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
