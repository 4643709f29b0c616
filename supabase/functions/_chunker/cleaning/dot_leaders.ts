import { rewriteProse } from "../fences.ts";

/**
 * The text with what leads the eye over a gap (`.......`, `. . . .`, `______`)
 * as one ellipsis, which costs one token and not fifty.
 */
export function shortenLeaders(text: string): string {
  if (!/\.{4}|(?:\. ){4}|…{2}|·{4}|_{8}/.test(text)) return text;
  return rewriteProse(
    text,
    (prose) =>
      prose.replace(
        /[ \t]?(?:\.{4,}|(?:\. ){4,}\.?|…{2,}|(?:· ?){4,}|_{8,})[ \t]?/g,
        " … ",
      ),
  );
}
