/**
 * The text of these bytes, in UTF-8, or in UTF-16 with a byte order mark (which Windows' Notepad calls "Unicode"),
 * without the mark; null if they are no text in either.
 */
export function decodeText(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder(encodingOf(bytes), { fatal: true }).decode(bytes);
  } catch {
    // The decoder's only error: the bytes are no such text.
    return null;
  }
}

function encodingOf(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  return "utf-8";
}
