import { fileType, isOfType, recognise } from "./file_types.ts";

/** The full name that a document was given, and the types that are accepted. */
export interface Naming {
  filename: string;
  allowedMimeTypes: string[];
}

/**
 * The type of a file: the announced one if the bytes match it; else the one that the bytes and the name show, if it is
 * accepted; else the announced one, which `verifyFile` then refuses.
 * @param naming is called only if the bytes do not match the announced type
 */
export async function typeOf(
  bytes: Uint8Array,
  mime: string,
  naming: () => Promise<Naming>,
): Promise<string> {
  const announced = fileType(mime);
  if (announced && isOfType(bytes, announced)) return mime;
  const { filename, allowedMimeTypes } = await naming();
  const shown = recognise(bytes, filename, mime);
  return shown && allowedMimeTypes.includes(shown.mime) ? shown.mime : mime;
}
