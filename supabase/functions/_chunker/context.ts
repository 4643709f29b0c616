import { type CountTokens } from "./units.ts";

/**
 * Tokens. Beyond, titles are shortened: they are to place a passage, not to
 * outweigh it.
 */
const MOST_TOKENS = 96;
/** UTF-16 units of a title, where all together are too long. */
const SHORTENED = 60;

/**
 * A chunk as the embedding provider and the index get it: what says where it
 * stands, and the passage itself.
 */
export function embeddedText(chunk: { context: string; text: string }): string {
  return chunk.context === ""
    ? chunk.text
    : `${chunk.context}\n\n${chunk.text}`;
}

/**
 * Says where a passage stands: the document's title and the titles of the
 * sections around, outermost first. What the passage itself begins with is not
 * said twice.
 * @param headings how many of the path's last titles the passage shows itself
 */
export function contextOf(
  title: string | null,
  path: string[],
  headings: number,
  maxTokens: number,
  countTokens: CountTokens,
): string {
  const around = path.slice(0, path.length - headings);
  const names = title !== null && !path.includes(title)
    ? [title, ...around]
    : around;
  if (names.length === 0) return "";
  const limit = Math.min(MOST_TOKENS, Math.floor(maxTokens / 4));
  // From all there is to what places it best: the innermost section.
  const candidates = [
    names,
    names.map(shortened),
    [names[0], names.at(-1)!].slice(-names.length).map(shortened),
    [shortened(names.at(-1)!)],
  ];
  return candidates.map((titles) => titles.join(" > "))
    .find((context) => countTokens(context) <= limit) ?? "";
}

function shortened(title: string): string {
  if (title.length <= SHORTENED) return title;
  return `${
    title.slice(0, SHORTENED - 1).toWellFormed().replace(/\ufffd$/, "")
      .trimEnd()
  }…`;
}
