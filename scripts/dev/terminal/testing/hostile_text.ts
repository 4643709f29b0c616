/** What a hostile name or document has for a terminal. */
export const HOSTILE = [
  "\u001b[2J",
  "\u001b[31m",
  "\u001b[8m",
  "\u001b]0;another title\u0007",
  "\u001b]8;;https://elsewhere.example\u001b\\",
  "\u001bP$q\u001b\\",
  "\u009b31m",
  "\u009d0;another title\u009c",
  "\u0000",
  "\u0007",
  "\u0008\u0008\u0008",
  "\rforged",
  "\u000b",
  "\u000c",
  "\u000e",
  "\u007f",
  "\u0085",
  "\u202efdp.exe",
  "\u2066",
  "\u200f",
  "\u2028forged",
  "\ufeff",
  "\u{e0041}",
];

/** Apart from what `visible` looks for: any control but a line's end, and what turns a line around or is not seen. */
const HARMFUL = /(?!\n)[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\u200b\ufeff\u{e0000}-\u{e007f}]/u;

/** Whether a text can only be read. */
export function isHarmless(text: string): boolean {
  return !HARMFUL.test(text);
}
