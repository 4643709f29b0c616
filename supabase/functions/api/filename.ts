import { z } from "zod";

// Control characters, line and paragraph separators, and the marks that reorder the text around them (Unicode's Bidi_Control).
const UNPRINTABLE =
  /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/**
 * The name of an uploaded file, kept as text to show and for nothing else: no path is made of it.
 * 1 to 120 characters after what cannot be printed is stripped.
 */
export const filename = z.string()
  .transform((name) => name.replace(UNPRINTABLE, "").toWellFormed().trim())
  .refine((name) => {
    const { length } = [...name];
    return length >= 1 && length <= 120;
  }, "must have 1 to 120 characters after control characters are stripped");
