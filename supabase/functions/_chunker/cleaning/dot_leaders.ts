import { rewriteProse } from "../fences.ts";

/** The text with leaders (`.......`, `. . . .`, `______`) as one ellipsis, which is one token instead of fifty. */
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
