import { franc } from "franc-min";

/**
 * ISO 639-3, as franc has it, to 639-1, where one or the other Postgres can
 * stem the language or it has a script of its own.
 */
export const CODES: Record<string, string> = {
  arb: "ar",
  ces: "cs",
  cmn: "zh",
  dan: "da",
  deu: "de",
  ell: "el",
  eng: "en",
  fin: "fi",
  fra: "fr",
  heb: "he",
  hin: "hi",
  hun: "hu",
  ind: "id",
  ita: "it",
  jpn: "ja",
  kor: "ko",
  nep: "ne",
  nld: "nl",
  nob: "no",
  pol: "pl",
  por: "pt",
  ron: "ro",
  rus: "ru",
  spa: "es",
  srp: "sr",
  swe: "sv",
  tam: "ta",
  tha: "th",
  tur: "tr",
  ukr: "uk",
  vie: "vi",
};

/**
 * UTF-16 units that are looked at, in so many samples spread over the document:
 * a page in another language is no other document.
 */
const SAMPLE_LENGTH = 600;
const SAMPLES = 8;

/**
 * The language that most of a document is written in, by its ISO 639-1 code;
 * null if that cannot be told, as of a table of numbers. Takes some 30 ms,
 * whatever the length.
 */
export function detectLanguage(text: string): string | null {
  const step = Math.max(SAMPLE_LENGTH, Math.floor(text.length / SAMPLES));
  const votes = new Map<string, number>();
  for (let from = 0; from < text.length; from += step) {
    const sample = prose(text.slice(from, from + SAMPLE_LENGTH));
    const code = CODES[franc(sample, { only: Object.keys(CODES) })];
    // What there is little of says little.
    if (code) votes.set(code, (votes.get(code) ?? 0) + sample.length);
  }
  const [most] = [...votes].sort(([, a], [, b]) => b - a);
  return most?.[0] ?? null;
}

/** Without what is the same in every language: addresses, markup, numbers. */
function prose(text: string): string {
  return text.normalize("NFC")
    .replace(/\S*(?:https?:|www\.|@)\S*|<[^<>]*>|[^\p{L}\p{M}\s'’]/gu, " ")
    .replace(/\s+/g, " ");
}
