import { extractText, getDocumentProxy } from "unpdf";

/** A sentence that occurs on one page of a document only. */
export interface Verbatim {
  sentence: string;
  /** From 1. */
  page: number;
}

/** The first hit of a search for a sentence. */
export interface Hit {
  page: number | null;
  content: string;
}

export interface Found {
  asked: number;
  /** Sentences that the first hit contains. */
  found: number;
  /** Of these, those whose hit names another page. */
  wrongPages: Verbatim[];
}

/** The number of words in a typical question. */
const LEAST_WORDS = 7;
const MOST_WORDS = 25;
/** The number of entries with dot leaders that makes a page one of contents. */
const CONTENTS_LINES = 5;

/** The text of each page, page 1 first, as pdf.js reads it. */
export async function readPages(bytes: Uint8Array): Promise<string[]> {
  // pdf.js takes over the array.
  const pdf = await getDocumentProxy(bytes.slice());
  const { text } = await extractText(pdf, { mergePages: false });
  await pdf.cleanup();
  return text.map((page) => page.replace(/\s+/g, " ").trim());
}

export function isContentsPage(text: string): boolean {
  const leaders = text.match(/(?:\. ?){4,}\s*\d+/g) ?? [];
  return leaders.length >= CONTENTS_LINES;
}

/** Up to `count` sentences, spread evenly over the pages. */
export function pickSentences(pages: string[], count: number): Verbatim[] {
  const all: Verbatim[] = [];
  const segmenter = new Intl.Segmenter("en", { granularity: "sentence" });
  for (const [i, text] of pages.entries()) {
    if (isContentsPage(text)) continue;
    // The first and the last may continue on another page.
    const sentences = [...segmenter.segment(text)].slice(1, -1);
    for (const { segment } of sentences) {
      const sentence = segment.trim();
      if (isProse(sentence)) all.push({ sentence, page: i + 1 });
    }
  }
  const squeezed = pages.map(squeeze);
  const unique = all.filter(({ sentence }) => {
    const letters = squeeze(sentence);
    return squeezed.filter((page) => page.includes(letters)).length === 1;
  });
  const step = Math.max(1, unique.length / count);
  return Array.from(
    { length: Math.min(count, unique.length) },
    (_, i) => unique[Math.floor(i * step)],
  );
}

function isProse(sentence: string): boolean {
  const words = sentence.split(" ");
  return words.length >= LEAST_WORDS && words.length <= MOST_WORDS &&
    /^\p{Lu}[\p{L}\p{N} ,;:()'’"“”-]*\.$/u.test(sentence);
}

/** Searches for each sentence, and compares the page of the first hit with the sentence's. */
export async function askVerbatim(
  sentences: Verbatim[],
  search: (query: string) => Promise<Hit[]>,
): Promise<Found> {
  const result: Found = { asked: sentences.length, found: 0, wrongPages: [] };
  for (const verbatim of sentences) {
    const [first] = await search(verbatim.sentence);
    if (
      !first || !squeeze(first.content).includes(squeeze(verbatim.sentence))
    ) {
      continue;
    }
    result.found++;
    if (first.page !== verbatim.page) result.wrongPages.push(verbatim);
  }
  return result;
}

/** Letters and digits only, which lines, hyphens and markup do not change. */
function squeeze(text: string): string {
  return text.normalize("NFKC").toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
}
