/**
 * Characters that do something to a terminal, or to how a line reads, instead of being seen: C0 and C1 controls, with which
 * escape sequences begin; marks, embeddings, overrides and isolates of the direction; separators of lines; invisible
 * characters and tags. Joiners and soft hyphens are parts of words.
 */
const ACTING = new RegExp(
  "[\\u0000-\\u001f\\u007f-\\u009f\\u061c\\u180e\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb" +
    "\\u{1d173}-\\u{1d17a}\\u{e0000}-\\u{e0fff}]|\\p{Cs}",
  "gu",
);

/**
 * A text of users or providers for a terminal: what would act on it is shown instead, `␛[2J` for the sequence that clears
 * it. Line ends are kept, and tabs are spaces. Applied again, it changes nothing.
 */
export function visible(text: string): string {
  return text.replaceAll("\r\n", "\n").replaceAll("\t", " ")
    .replaceAll(ACTING, (character) => character === "\n" ? character : shown(character));
}

/** The same for a text that must stay on one line, such as a file's name. */
export function visibleLine(text: string): string {
  return visible(text).replaceAll("\n", shown("\n"));
}

/** JSON on one line, in which such characters are escaped: the same value, whatever terminal shows it. */
export function visibleJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent)
    .replaceAll(ACTING, (character) => character === "\n" ? character : escaped(character));
}

function shown(character: string): string {
  const code = character.codePointAt(0)!;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  return code === 0x7f ? "\u2421" : `\\u{${code.toString(16)}}`;
}

function escaped(character: string): string {
  return Array.from(
    { length: character.length },
    (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`,
  ).join("");
}
