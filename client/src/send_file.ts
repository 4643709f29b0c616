import type { CheckedFile } from "./checked_file.ts";
import { putBytes, type SendBytes } from "./put_bytes.ts";

/** How files are sent. */
export interface UploadWays {
  /** Sends files of more than 6 MB; by default one request sends them, as all others. */
  sendLargeFile?: SendBytes;
}

/** Supabase recommends resumable uploads from this size on. https://supabase.com/docs/guides/storage/uploads */
export const LARGE_FILE_BYTES = 6 * 1024 * 1024;

/** Storage accepts any file under this type, and none under an unusual spelling of another. */
const SENT_AS = "application/octet-stream";

/**
 * Sends the bytes that were checked, and no others. One request holds the file in memory; parts hold one part.
 * @throws {PipelineError} `file_changed`, `network_error`, or `upload_refused` with Storage's status
 */
export async function sendFile(
  { sendLargeFile }: UploadWays,
  file: Blob,
  checked: CheckedFile,
  signedUrl: string,
  options: Pick<Parameters<SendBytes>[2], "onProgress" | "signal">,
): Promise<void> {
  if (sendLargeFile && checked.size > LARGE_FILE_BYTES) {
    return await sendLargeFile(signedUrl, file.slice(0, file.size, SENT_AS), { ...options, read: checked.read });
  }
  const bytes = await checked.read(0, checked.size);
  await putBytes(signedUrl, new Blob([bytes], { type: SENT_AS }), options);
}
