import type { DocumentStatus, DownloadOptions } from "supabase-document-pipeline-client";
import { shownName } from "../../parts/name.tsx";
import { pipeline } from "../../pipeline.ts";

/**
 * Saves a file of a document on the user's device. A link to it would be an address with a token, and leaving the page
 * for it would end the uploads.
 */
export async function save(
  { document_id, filename_full }: DocumentStatus,
  variant: NonNullable<DownloadOptions["variant"]>,
): Promise<void> {
  const url = URL.createObjectURL(await pipeline().download(document_id, { variant }));
  try {
    const link = document.createElement("a");
    link.href = url;
    link.download = variant === "markdown" ? `${shownName(filename_full)}.md` : shownName(filename_full);
    link.click();
  } finally {
    // The browser reads it after this task.
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  }
}
