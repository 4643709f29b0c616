import type { Passage } from "supabase-document-pipeline-client";
import { locate, type Mark, type PageText } from "./locate.ts";
import type { Pdf } from "./pdf.ts";

/** Where a PDF shows a passage. */
export interface Found {
  /** The page to open. */
  page: number;
  /** Empty if nothing is marked. */
  marks: Map<number, Mark[]>;
  /** `partly`: the pages' text has only some of the passage. */
  outcome: "wholly" | "partly" | "no_text" | "other_text";
}

/** A passage reaches over few pages. */
const MOST_PAGES = 10;
/** Where the parser named no page, so many are looked through. */
const LOOKED_THROUGH = 40;
/** At most a few words are then missing. */
const WHOLE = 0.9;

export async function findInPdf(pdf: Pdf, passage: Passage, signal: AbortSignal): Promise<Found> {
  const { page, page_from, page_to } = passage;
  const first = page_from ?? page;
  const isKnown = first !== null && first >= 1 && first <= pdf.pageCount;
  const from = isKnown ? first : 1;
  const to = Math.min(
    pdf.pageCount,
    isKnown ? Math.max(from, Math.min(page_to ?? from, from + MOST_PAGES - 1)) : LOOKED_THROUGH,
  );
  const texts: PageText[] = [];
  for (let number = from; number <= to; number++) {
    const { items } = await pdf.text(number);
    signal.throwIfAborted();
    texts.push({ page: number, pieces: items.flatMap((item) => "str" in item ? [item.str] : []) });
  }
  const located = locate(passage, texts);
  const named = page !== null && page >= from && page <= to ? page : from;
  if (typeof located === "string") return { page: named, marks: new Map(), outcome: located };
  const pages = [...located.marks.keys()];
  const withHits = pages.find((number) => located.marks.get(number)!.some(({ isHit }) => isHit));
  return {
    page: pages.includes(named) ? named : withHits ?? pages[0],
    marks: located.marks,
    outcome: located.share >= WHOLE ? "wholly" : "partly",
  };
}
