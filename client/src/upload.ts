import type { SupabaseClient } from "@supabase/supabase-js";
import { callApi } from "./call_api.ts";
import { pause } from "./pause.ts";
import { PipelineError } from "./pipeline_error.ts";
import { putBytes, type SendBytes, type UploadProgress } from "./put_bytes.ts";

export interface UploadOptions {
  /** The file's name; required for a `Blob` that is no `File`. */
  filename?: string;
  /** The type as the sender names it, if not the file's own; the file's content and name take precedence. */
  mime?: string;
  /** Whether the parser reads text in pictures. */
  ocr?: boolean;
  /** A reference of your own system; the document's status returns it. */
  policyId?: string;
  onProgress?: (progress: UploadProgress) => void;
  signal?: AbortSignal;
}

export type Uploaded =
  | { duplicate: false; documentId: string; jobId: string }
  /** The same bytes are already in processing or complete, as this document. */
  | { duplicate: true; documentId: string };

interface Registration {
  job_id: string;
  document_id: string;
  signed_url: string;
}

/** How files are sent. */
export interface UploadWays {
  /** Sends files of more than 6 MB; by default one request sends them, as all others. */
  sendLargeFile?: SendBytes;
}

/** Supabase recommends resumable uploads from this size on. https://supabase.com/docs/guides/storage/uploads */
const LARGE_FILE_BYTES = 6 * 1024 * 1024;

/** Storage accepts any file under this type, and none under an unusual spelling of another. */
const SENT_AS = "application/octet-stream";

const ATTEMPTS = 3;
const FIRST_PAUSE_MS = 500;
/** A longer wait is left to the caller. */
const LONGEST_PAUSE_SECONDS = 10;

/**
 * Registers a file and sends it, and retries what is interrupted: registering the same bytes again returns the same
 * document and a new URL, in this call or in a later one.
 * @throws {PipelineError} when the API or Storage refuses, or after three attempts
 */
export async function upload(
  supabase: SupabaseClient,
  file: Blob | Uint8Array,
  options: UploadOptions,
  { sendLargeFile = putBytes }: UploadWays = {},
): Promise<Uploaded> {
  const { onProgress, signal } = options;
  const blob = new Blob([file as Blob | Uint8Array<ArrayBuffer>], {
    type: SENT_AS,
  });
  const announced = {
    filename: options.filename ?? nameOf(file),
    bytes_len: blob.size,
    mime: options.mime ?? (file instanceof Blob ? file.type : ""),
    sha256: await sha256Hex(blob),
    ocr: options.ocr ?? false,
    policy_id: options.policyId,
  };

  const send = blob.size > LARGE_FILE_BYTES ? sendLargeFile : putBytes;

  let sent: Registration | undefined;
  for (let attempt = 1;; attempt++) {
    try {
      const answer = await register(supabase, announced, signal);
      // The upload that seemed interrupted has arrived after all.
      if ("duplicateOf" in answer && answer.duplicateOf === sent?.document_id) {
        return toUploaded(sent);
      }
      if ("duplicateOf" in answer) {
        return { duplicate: true, documentId: answer.duplicateOf };
      }
      sent = answer;
      await send(answer.signed_url, blob, { onProgress, signal });
      return toUploaded(answer);
    } catch (error) {
      const isTransient = error instanceof PipelineError && error.isTransient;
      if (!isTransient || attempt === ATTEMPTS) throw error;
      const seconds = error.retryAfter ?? 0;
      if (seconds > LONGEST_PAUSE_SECONDS) throw error;
      const backOff = FIRST_PAUSE_MS * 2 ** (attempt - 1);
      await pause(Math.max(seconds * 1000, backOff), signal);
    }
  }
}

async function register(
  supabase: SupabaseClient,
  announced: Record<string, unknown>,
  signal: AbortSignal | undefined,
): Promise<Registration | { duplicateOf: string }> {
  const answer = await callApi<Registration>(
    supabase,
    "upload-document-backend",
    { method: "POST", body: announced, signal },
  );
  if (answer.ok) return answer.data;
  const { document_id } = (answer.body ?? {}) as { document_id?: string };
  if (answer.error.code === "duplicate_document" && document_id) {
    return { duplicateOf: document_id };
  }
  throw answer.error;
}

function toUploaded({ document_id, job_id }: Registration): Uploaded {
  return { duplicate: false, documentId: document_id, jobId: job_id };
}

function nameOf(file: Blob | Uint8Array): string {
  if (file instanceof File) return file.name;
  throw new TypeError("A file without a name needs the option `filename`.");
}

async function sha256Hex(file: Blob): Promise<string> {
  const digest = await crypto.subtle.digest(
    "SHA-256",
    await file.arrayBuffer(),
  );
  return Array.from(
    new Uint8Array(digest),
    (byte) => byte.toString(16).padStart(2, "0"),
  ).join("");
}
