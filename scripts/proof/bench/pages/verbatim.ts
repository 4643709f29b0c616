import { extractText, getDocumentProxy } from "unpdf";

/** A sentence as it stands on one page of a document, and on no other. */
export interface Verbatim {
  sentence: string;
  /** From 1. */
  page: number;
}

/** What a search answered to a sentence. */
export interface Hit {
  page: number | null;
  content: string;
}

export interface Found {
  asked: number;
  /** Sentences that the first hit has. */
  found: number;
  /** Of these, those that it has on another page than that it names. */
  wrongPages: Verbatim[];
}

/** Words that a question of a person may have. */
const LEAST_WORDS = 7;
const MOST_WORDS = 25;
/** Entries with dot leaders from which a page is one of contents. */
const CONTENTS_LINES = 5;

/** The text of each page, page 1 first, as pdf.js reads it. */
export async function readPages(bytes: Uint8Array): Promise<string[]> {
  // The array is given away.
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
    // The first and the last may be parts of sentences that cross the page's end.
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

/** Asks for each sentence, and compares the page that the first hit names with that on which the sentence stands. */
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

/** Letters and digits alone: what lines, hyphens and markup leave the same. */
function squeeze(text: string): string {
  return text.normalize("NFKC").toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
}
