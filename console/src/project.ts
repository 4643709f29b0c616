import { createClient, type SupabaseClient } from "@supabase/supabase-js";

/** `config.json` beside the page: what the console needs of its project. Both are public. */
export interface ProjectSettings {
  /** The project's address, without a path. */
  url: string;
  publishableKey: string;
}

/** Set before the first screen is shown. */
export let project: ProjectSettings;
export let supabase: SupabaseClient;

/** @throws if the settings are missing or malformed, with what to do */
export async function startProject(): Promise<void> {
  project = await readSettings();
  supabase = createClient(project.url, project.publishableKey, {
    auth: { storageKey: "document-console", detectSessionInUrl: false },
  });
}

async function readSettings(): Promise<ProjectSettings> {
  const answer = await fetch(new URL("config.json", document.baseURI), { cache: "no-store" });
  if (!answer.ok) {
    throw new Error(
      `config.json beside this page is missing (${answer.status}). "npm run console -- build" writes it.`,
    );
  }
  const { url, publishableKey } = await answer.json().catch(() => {
    throw new Error("config.json beside this page is not JSON.");
  });
  if (!URL.canParse(url) || typeof publishableKey !== "string" || publishableKey === "") {
    throw new Error('config.json beside this page must have "url", the project\'s address, and "publishableKey".');
  }
  return { url, publishableKey };
}
