/**
 * The text that these bytes are, in UTF-8, or in UTF-16 where a byte order mark
 * says so (Windows' Notepad calls that "Unicode"); null if they are no text in
 * any of them. The mark is no part of the text.
 */
export function decodeText(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder(encodingOf(bytes), { fatal: true }).decode(bytes);
  } catch {
    // The decoder's only error: these bytes are no such text.
    return null;
  }
}

function encodingOf(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  return "utf-8";
}
