import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import { fetchWatchingConsent } from "./consent_watch.ts";
import { type ProjectSettings, readSettings } from "./settings.ts";

/** Set before the first screen is shown. */
export let project: ProjectSettings;
export let supabase: SupabaseClient;

/** @throws if the settings are missing or malformed, with what to do */
export async function startProject(): Promise<void> {
  project = await readSettings();
  supabase = createClient(project.url, project.publishableKey, {
    // A mailed link brings a code, never a token: see arrival.ts.
    auth: { storageKey: "document-console", flowType: "pkce", detectSessionInUrl: false },
    global: { fetch: fetchWatchingConsent },
  });
}
