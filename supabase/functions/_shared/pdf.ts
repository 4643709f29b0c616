/** Readers search the first kilobyte for a PDF's header (ISO 32000-1, annex H, note 13). */
const HEADER_WITHIN = 1024;

/** Whether the bytes begin as a PDF does, whatever their name or type says. */
export function isPdf(bytes: Uint8Array): boolean {
  const head = bytes.subarray(0, HEADER_WITHIN);
  return new TextDecoder("latin1").decode(head).includes("%PDF-");
}
