/** Control characters but tabs and line breaks, and those that change the direction of the text after them. */
// deno-lint-ignore no-control-regex -- they are what it is about
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;
/** Pictures of the first control characters: of Escape, "␛". */
const PICTURES = 0x2400;

/** A document's text as it can be shown: each character that would do something is a picture of it. */
export function shownText(text: string): string {
  return text.replace(UNSEEN, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x20 ? String.fromCharCode(PICTURES + code) : "\ufffd";
  });
}
