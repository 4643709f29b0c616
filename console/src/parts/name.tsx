/** Control characters, and those that change the direction of the text after them, also beyond the name. */
// deno-lint-ignore no-control-regex -- they are what it is about
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** A name that a user gave, as it can be shown: each character that would not be seen is a mark that is. */
export function shownName(name: string): string {
  return name.replace(UNSEEN, "\ufffd");
}

/** The same, cut where it would fill a sentence. */
export function shortName(name: string, longest = 60): string {
  const shown = shownName(name);
  // By characters: half of one would be another.
  const characters = [...shown];
  return characters.length > longest ? `${characters.slice(0, longest).join("")}…` : shown;
}

/** A name that a user gave: text, in a direction of its own. */
export function Name({ children }: { children: string }) {
  return <bdi>{shownName(children)}</bdi>;
}
