import { fileType, isOfType, recognise } from "../_shared/file_types.ts";
import type { Job } from "./stage.ts";
import type { Submissions } from "./submissions.ts";

/**
 * The type of a document whose bytes are here: what was announced, if they are that; else what they are, if that is taken.
 * If neither, it is what was announced, which `verifyFile` then refuses.
 */
export async function typeOf(
  bytes: Uint8Array,
  { mime, documentId }: Pick<Job, "mime" | "documentId">,
  submissions: Pick<Submissions, "naming">,
): Promise<string> {
  const announced = fileType(mime);
  if (announced && isOfType(bytes, announced)) return mime;
  const { filename, allowedMimeTypes } = await submissions.naming(documentId);
  const shown = recognise(bytes, filename, mime);
  return shown && allowedMimeTypes.includes(shown.mime) ? shown.mime : mime;
}
