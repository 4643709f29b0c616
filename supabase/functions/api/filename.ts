import { z } from "zod";

// Control characters, line and paragraph separators, and the marks that reorder the text around them (Unicode's Bidi_Control).
const UNPRINTABLE =
  /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Characters (Unicode code points) of a document's name, and of the full name that is shown for it. */
const LONGEST = 120;
const LONGEST_FULL = 1000;

/**
 * The name of an uploaded file as its sender gave it, kept as text to show and for nothing else: no path is made of it.
 * 1 to 1,000 characters after what cannot be printed is stripped, in Unicode's composed form (NFC).
 */
export const filename = z.string()
  .transform((name) =>
    name.replace(UNPRINTABLE, "").toWellFormed().normalize("NFC").trim()
  )
  .refine(
    (name) => {
      const { length } = [...name];
      return length >= 1 && length <= LONGEST_FULL;
    },
    "must have 1 to 1,000 characters after control characters are stripped; shorten it",
  )
  .meta({
    description:
      "1 to 1,000 characters. Of more than 120 the document's `filename` is the beginning, with its extension; `filename_full` is the whole.",
  });

const graphemes = new Intl.Segmenter("und", { granularity: "grapheme" });

/**
 * A name of at most 120 characters: what is longer is cut before its extension, between two characters that a reader sees,
 * never within a letter and its marks or within a composed emoji.
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
  // A single letter with more marks than there is room for.
  if (kept.trim() === "") kept = [...base].slice(0, room).join("");
  return `${kept.trimEnd()}${extension}`;
}
