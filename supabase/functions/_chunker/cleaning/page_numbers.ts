import { bareText, type EdgeLine } from "./page_edges.ts";

/** `Page 3 of 10`, `Seite 3 von 10`, `3/10 pages`: a page number that identifies itself. */
const SAYS_SO = [
  /^(?:page|pages|pg\.?|p\.|seite|s\.|página|pagina|pág\.?|pag\.?|strana|strona|sida|side|str\.|стр\.?|страница)\s?(?:n[o°º]\.?\s?)?(?:\d{1,5}|[ivxlc]{1,8})(?:\s?(?:of|\/|\||von|de|sur|di|av|van|z|из)\s?\d{1,5})?$/,
  /^(?:第\s?\d{1,5}\s?[页頁](?:\s?[,，/]?\s?共\s?\d{1,5}\s?[页頁])?|\d{1,5}\s?(?:ページ|頁|페이지|쪽))$/,
  /^(?:\(?(?:continued|cont\.|cont'd)(?: (?:on|from) (?:the )?(?:next|previous|following) page| (?:on|from) page \d{1,5}| overleaf)?\)?)$/,
  /^\(?(?:fortsetzung (?:auf (?:der nächsten )?seite(?: \d{1,5})?|(?:nächste|folgende) seite|von seite \d{1,5})|suite (?:à la )?page (?:suivante|\d{1,5})|continúa en la (?:página )?siguiente(?: página)?)\)?$/,
  /^(?:please )?(?:turn over|p\.?t\.?o\.?)$/,
];

/** Whether the line is certainly a page number or "continued". */
export function isPageFurniture(line: string): boolean {
  if (/^#/.test(line.trim())) return false;
  const text = stripped(line);
  return SAYS_SO.some((form) => form.test(text));
}

export interface Numbered {
  /** The text around the number; "" for a number alone. */
  around: string;
  value: number;
}

/**
 * The line read as one with a page number at its beginning or end: `12`, `- xii
 * -`, `3 / 10`, `ACME Handbook 12`. Only the other pages show whether it is
 * one. A heading is none: `# Chapter 3` may well be on page 3.
 */
export function numbered(line: EdgeLine): Numbered[] {
  if (/^\s*#/.test(line.text)) return [];
  const text = stripped(line.text);
  const found: Numbered[] = [];
  const last = /^(.*?)\s?(?<![\d.,])(\d{1,5})$/.exec(text);
  if (last) found.push({ around: `${last[1]}\0`, value: Number(last[2]) });
  const first = /^(\d{1,5})(?![\d.,])\s?(.*)$/.exec(text);
  if (first) found.push({ around: `\0${first[2]}`, value: Number(first[1]) });
  if (/^[ivxlc]{1,8}$/.test(text)) {
    found.push({ around: "\0", value: romanValue(text) });
  }
  return found;
}

function stripped(line: string): string {
  return bareText(line).replace(/^[-–—~|[(<•·\s]+|[-–—~|\])>•·\s]+$/g, "");
}

function romanValue(numeral: string): number {
  const values: Record<string, number> = { i: 1, v: 5, x: 10, l: 50, c: 100 };
  return [...numeral].reduce((sum, digit, i) => {
    const value = values[digit];
    return sum + (value < (values[numeral[i + 1]] ?? 0) ? -value : value);
  }, 0);
}
