import { type CountTokens } from "./units.ts";

/** The most tokens of the titles, which should place a passage, not outweigh it; longer ones are shortened. */
const MOST_TOKENS = 96;
/** UTF-16 units to which titles are shortened. */
const SHORTENED = 60;

/** A chunk as the embedding provider and the index get it: its context and its text. */
export function embeddedText(chunk: { context: string; text: string }): string {
  return chunk.context === "" ? chunk.text : `${chunk.context}\n\n${chunk.text}`;
}

/**
 * The context of a passage: the document's title and the titles of the sections around, outermost first, without those
 * that the passage itself begins with.
 * @param headings how many of the path's last titles the passage contains itself
 */
export function contextOf(
  title: string | null,
  path: string[],
  headings: number,
  maxTokens: number,
  countTokens: CountTokens,
): string {
  const around = path.slice(0, path.length - headings);
  const names = title !== null && !path.includes(title) ? [title, ...around] : around;
  if (names.length === 0) return "";
  const limit = Math.min(MOST_TOKENS, Math.floor(maxTokens / 4));
  // From all titles down to the innermost section's, which places the passage best.
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
