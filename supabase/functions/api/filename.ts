import { z } from "zod";

// Control characters, line and paragraph separators, and the marks that reorder the text around them (Unicode's
// Bidi_Control).
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Characters (Unicode code points) of a document's name, and of the full name for display. */
const LONGEST = 120;
const LONGEST_FULL = 1000;

/**
 * The name that the sender gave an uploaded file, for display only: no path is made of it. 1 to 1,000 characters after
 * unprintable ones are removed, in Unicode's composed form (NFC).
 */
export const filename = z.string()
  .transform((name) => name.replace(UNPRINTABLE, "").toWellFormed().normalize("NFC").trim())
  .refine(
    (name) => {
      const { length } = [...name];
      return length >= 1 && length <= LONGEST_FULL;
    },
    "must have 1 to 1,000 characters without control characters; shorten it",
  )
  .meta({
    description:
      "1 to 1,000 characters. If there are more than 120, the document's `filename` is the beginning with the extension, and `filename_full` the whole name.",
  });

const graphemes = new Intl.Segmenter("und", { granularity: "grapheme" });

/**
 * A name of at most 120 characters. A longer one is shortened before its extension, between two user-perceived
 * characters: never between a letter and its combining marks or within a composed emoji.
 */
export function shortened(name: string): string {
  if ([...name].length <= LONGEST) return name;
  const extension = /[^.](\.[\p{L}\p{N}_-]{1,16})$/u.exec(name)?.[1] ?? "";
  const room = LONGEST - [...extension].length;
  const base = name.slice(0, name.length - extension.length);

  let kept = "";
  let length = 0;
  for (const { segment } of graphemes.segment(base)) {
    length += [...segment].length;
    if (length > room) break;
    kept += segment;
  }
  // One letter with more combining marks than fit.
  if (kept.trim() === "") kept = [...base].slice(0, room).join("");
  return `${kept.trimEnd()}${extension}`;
}
