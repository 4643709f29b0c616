/** UTF-16 units of payload below which a data URI may be an author's example: `data:text/plain,Hello`. */
const SHORT = 100;

const HEAD = /data:[a-z]{1,20}\/[\w.+-]{1,80}(?:;[\w.+-]{1,40}(?:=[\w."'+-]{1,80})?){0,6},/iy;
const BASE64 = /[A-Za-z0-9+/=_%-]+/y;
const WRAPPED = /[ \t]*\n[ \t]*(?=[A-Za-z0-9+/=]{1,100}(?:["')>\s]|$))/y;
const ENCODED = /[^\s"'()<>`\\]*/y;

/**
 * The text without data URIs, wherever they are: images, tags, style sheets, definitions of links, plain text. A
 * definition is removed as a whole. An image's alt text remains.
 */
export function removeDataUris(text: string): string {
  if (!text.includes("data:") && !/data:/i.test(text)) return text;
  const kept: string[] = [];
  let from = 0;
  // If no closing tag was found once, there is none further on.
  const hopeless = { svg: false };
  for (const { index } of text.matchAll(/data:/gi)) {
    if (index < from) continue;
    const end = endOfUri(text, index, hopeless);
    if (end === -1) continue;
    kept.push(text.slice(from, index));
    from = end;
  }
  if (from === 0) return text;
  kept.push(text.slice(from));
  return kept.join("").replace(
    /^ {0,3}\[[^\]\n]{1,200}\]:[ \t]*<?>?[ \t]*$/gm,
    "",
  );
}

/** The end of the data URI that begins here; -1 if none does, or one that may remain. */
function endOfUri(
  text: string,
  start: number,
  hopeless: { svg: boolean },
): number {
  HEAD.lastIndex = start;
  const head = HEAD.exec(text);
  if (!head) return -1;
  const payload = start + head[0].length;
  const end = /;base64,$/i.test(head[0]) ? endOfBase64(text, payload) : endOfEncoded(text, payload, hopeless);
  const isImage = /^data:image\//i.test(head[0]);
  return end - payload >= SHORT || (isImage && end > payload) ? end : -1;
}

function endOfBase64(text: string, from: number): number {
  let end = endOf(BASE64, text, from);
  // Wrapped into lines, as encoders do at 60 to 100 characters.
  for (let line = end - from; line >= 40 && line <= 200;) {
    const next = endOf(WRAPPED, text, end);
    if (next === end) break;
    const until = endOf(BASE64, text, next);
    line = until - next;
    end = until;
  }
  return end;
}

function endOfEncoded(
  text: string,
  from: number,
  hopeless: { svg: boolean },
): number {
  // SVG is inserted unencoded, with spaces and quotes.
  if (/^(?:<\?xml|<svg)/i.test(text.slice(from, from + 5)) && !hopeless.svg) {
    const close = text.indexOf("</svg>", from);
    hopeless.svg = close === -1;
    if (close !== -1) return close + "</svg>".length;
  }
  return endOf(ENCODED, text, from);
}

function endOf(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.test(text) ? pattern.lastIndex : from;
}
