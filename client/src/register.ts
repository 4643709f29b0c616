import type { SupabaseClient } from "@supabase/supabase-js";
import { callApi } from "./call_api.ts";
import type { Session } from "./session.ts";

/** What the API is asked to expect. */
export interface Announcement {
  filename: string;
  bytes_len: number;
  mime: string;
  sha256: string;
  ocr: boolean;
  policy_id?: string;
}

/** A document that awaits its bytes, or the one that has them already. */
export type Registration = { duplicateOf: string } | AwaitedDocument;

export interface AwaitedDocument {
  duplicateOf?: undefined;
  documentId: string;
  jobId: string;
  signedUrl: string;
  /** When it was registered, by `performance.now()`. */
  at: number;
}

interface Accepted {
  job_id: string;
  document_id: string;
  signed_url: string;
}

const ROUTE = "upload-document-backend";

/**
 * Registers a file: the same bytes again are the same document, with a new URL.
 * @param session of the user whose document it is to be
 * @throws {PipelineError} as the API refuses
 */
export async function register(
  supabase: SupabaseClient,
  announcement: Announcement,
  session?: Session | null,
): Promise<Registration> {
  const answer = await callApi<Accepted>(supabase, ROUTE, { method: "POST", body: { ...announcement }, session });
  if (answer.ok) return registrationOf(answer.data);
  const registration = duplicateIn(answer.error.code, answer.body);
  if (registration) return registration;
  throw answer.error;
}

/**
 * Registers up to 50 files by one request.
 * @returns for each what `register` would return; null for one that is refused: register it alone to learn why
 * @throws {PipelineError} if the API refuses them all
 */
export async function registerAll(
  supabase: SupabaseClient,
  announcements: Announcement[],
  session?: Session | null,
): Promise<(Registration | null)[]> {
  const answer = await callApi<{ documents: ({ ok: true } & Accepted | { ok: false; error: { code: string } })[] }>(
    supabase,
    ROUTE,
    { method: "POST", body: { documents: announcements }, session },
  );
  if (!answer.ok) throw answer.error;
  return answer.data.documents.map((each) => each.ok ? registrationOf(each) : duplicateIn(each.error.code, each));
}

function registrationOf({ document_id, job_id, signed_url }: Accepted): AwaitedDocument {
  return { documentId: document_id, jobId: job_id, signedUrl: signed_url, at: performance.now() };
}

function duplicateIn(code: string, body: unknown): Registration | null {
  const { document_id } = (body ?? {}) as { document_id?: string };
  return code === "duplicate_document" && document_id ? { duplicateOf: document_id } : null;
}
