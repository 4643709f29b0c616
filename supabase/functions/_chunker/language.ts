import { franc } from "franc-min";

/**
 * From ISO 639-3, which franc returns, to 639-1, for languages that Postgres can stem or that have a script of their
 * own.
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
 * UTF-16 units that are examined, in several samples spread over the document: one page in another language must not
 * decide.
 */
const SAMPLE_LENGTH = 600;
const SAMPLES = 8;

/**
 * The language of most of a document, by its ISO 639-1 code; null if it cannot be detected, as for a table of numbers.
 * Takes some 30 ms, whatever the length.
 */
export function detectLanguage(text: string): string | null {
  const step = Math.max(SAMPLE_LENGTH, Math.floor(text.length / SAMPLES));
  const votes = new Map<string, number>();
  for (let from = 0; from < text.length; from += step) {
    const sample = prose(text.slice(from, from + SAMPLE_LENGTH));
    const code = CODES[franc(sample, { only: Object.keys(CODES) })];
    // A small amount of text is no evidence.
    if (code) votes.set(code, (votes.get(code) ?? 0) + sample.length);
  }
  const [most] = [...votes].sort(([, a], [, b]) => b - a);
  return most?.[0] ?? null;
}

/** Without parts that are the same in every language: addresses, markup, numbers. */
function prose(text: string): string {
  return text.normalize("NFC")
    .replace(/\S*(?:https?:|www\.|@)\S*|<[^<>]*>|[^\p{L}\p{M}\s'’]/gu, " ")
    .replace(/\s+/g, " ");
}
