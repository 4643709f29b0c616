import { rewriteProse } from "../fences.ts";

/** The most UTF-16 units of an image's or tag's markup; data URIs are removed before. */
const LONGEST = 4_000;

/** An alternative text that only says that there is a picture: `image`, `Figure 3`, `page_1_image_1_v2.jpg`. */
const MEANINGLESS_ALT =
  /^(?:(?:image|img|picture|photo|figure|fig|icon|logo|bild|abbildung|grafik|imagen|imagem|immagine)?[\s._-]*\d*|\S*[\d_-]\S*\.(?:jpe?g|png|gif|svg|webp|bmp|tiff?)|\S+\.(?:jpe?g|png|gif|svg|webp|bmp|tiff?)|page_\d+_\w+)$/i;

/**
 * The text without markup that a reader never sees: images without their alt text, empty anchors (`<a id="p3"></a>`,
 * `{#p3}` after a heading, `[](#p3)`), comments. Links remain, and everything in code.
 */
export function removeImagesAndAnchors(text: string): string {
  if (!/!\[|<|\[\]\(|\{#/.test(text)) return text;
  return rewriteProse(text, (prose) =>
    removeTags(removeImages(prose))
      .replace(/(?<!!)\[[ \t]*\]\([^()\s]{0,500}\)/g, "")
      .replace(
        /^#{1,6} .*\{#.*$/gm,
        (heading) => heading.replace(/\s{0,20}\{#[\w.:-]{1,200}\}\s{0,20}$/, ""),
      ));
}

function removeImages(text: string): string {
  const kept: string[] = [];
  let from = 0;
  for (let at = text.indexOf("!["); at !== -1; at = text.indexOf("![", at)) {
    const image = imageAt(text, at);
    if (image) {
      kept.push(text.slice(from, at), meaningOf(image.alt));
      from = image.end;
      at = image.end;
    } else at += 2;
  }
  return from === 0 ? text : kept.join("") + text.slice(from);
}

/** `![alt](target "title")` or `![alt][reference]`. */
function imageAt(
  text: string,
  start: number,
): { alt: string; end: number } | undefined {
  const window = text.slice(start, start + 1_000);
  const close = /^!\[((?:[^\[\]\\]|\\[^]|\[[^\[\]]{0,200}\])*)\]/.exec(window);
  if (!close) return undefined;
  const after = start + close[0].length;
  const opening = text[after];
  if (opening !== "(" && opening !== "[") return undefined;
  const end = opening === "[" ? text.slice(after, after + 200).search(/\]/) + after : endOfTarget(text, after);
  if (end < after) return undefined;
  return { alt: close[1], end: end + 1 };
}

function endOfTarget(text: string, open: number): number {
  let depth = 0;
  const last = Math.min(text.length, open + LONGEST);
  for (let i = open; i < last; i++) {
    const unit = text[i];
    if (unit === "\\") i++;
    else if (unit === "(") depth++;
    else if (unit === ")" && --depth === 0) return i;
    // Neither a paragraph nor an image ends within a target.
    else if (unit === "\n" && text[i + 1] === "\n") return -1;
    else if (unit === "!" && text[i + 1] === "[") return -1;
  }
  return -1;
}

function meaningOf(alt: string): string {
  const text = alt.replace(/\\([^\w\s])/g, "$1").replace(/\s+/g, " ").trim();
  return MEANINGLESS_ALT.test(text) ? "" : text;
}

/** Removes comments, images and empty anchors among tags; all other tags remain as written. */
function removeTags(text: string): string {
  if (!text.includes("<")) return text;
  return removeComments(text)
    .replace(
      /<img\b[^<>]{0,4000}>/gi,
      (tag) => meaningOf(attribute(tag, "alt")),
    )
    .replace(
      /<(a|span)\b(?![^<>]{0,1000}\bhref\b)[^<>]{0,1000}(?:\/>|>\s{0,20}<\/\1>)/gi,
      "",
    );
}

function removeComments(text: string): string {
  const kept: string[] = [];
  let from = 0;
  for (let at = text.indexOf("<!--"); at !== -1;) {
    const end = text.indexOf("-->", at + 4);
    // An unclosed comment is text of the author.
    if (end === -1) break;
    kept.push(text.slice(from, at));
    from = end + "-->".length;
    at = text.indexOf("<!--", from);
  }
  return kept.join("") + text.slice(from);
}

function attribute(tag: string, name: string): string {
  const found = new RegExp(
    `\\s${name}\\s{0,9}=\\s{0,9}("[^"]*"|'[^']*'|[^\\s>]+)`,
    "i",
  )
    .exec(tag);
  const value = found?.[1] ?? "";
  return /^["']/.test(value) ? value.slice(1, -1) : value;
}
