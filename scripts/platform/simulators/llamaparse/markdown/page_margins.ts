import type { Segment } from "./text_segments.ts";

/** How much of the printed height, at the top and at the bottom, may hold running headers and footers … */
const MARGIN_SHARE = 0.08;
/** … and how much of the paper's height, since a short text is printed at the top alone. */
const HEADER_SHARE = 0.1;
const FOOTER_SHARE = 0.15;

export interface Margins {
  header: Segment[];
  footer: Segment[];
  body: Segment[];
}

/**
 * Separates running headers, footers and page numbers from the text: lines near a page's edge that return on other
 * pages (digits aside), and numbers that stand alone there.
 */
export function splitMargins(
  pages: { segments: Segment[]; height: number }[],
): Margins[] {
  const heights = pages.flatMap((page) => page.segments.map((s) => s.y));
  const top = heights.reduce((least, y) => Math.min(least, y), Infinity);
  const bottom = heights.reduce((most, y) => Math.max(most, y), -Infinity);
  const zoneOn = (height: number) => (segment: Segment): keyof Margins => {
    const printed = (segment.y - top) / (bottom - top || 1);
    const onPaper = segment.y / height;
    if (printed < MARGIN_SHARE && onPaper < HEADER_SHARE) return "header";
    return printed > 1 - MARGIN_SHARE && onPaper > 1 - FOOTER_SHARE ? "footer" : "body";
  };
  const pagesOfText = new Map<string, number>();
  for (const page of pages) {
    const zone = zoneOn(page.height);
    const keys = page.segments.filter((s) => zone(s) !== "body")
      .map(withoutDigits);
    for (const key of new Set(keys)) {
      pagesOfText.set(key, (pagesOfText.get(key) ?? 0) + 1);
    }
  }
  const inBody = new Set(pages.flatMap((page) => {
    const zone = zoneOn(page.height);
    return page.segments.filter((s) => zone(s) === "body").map(withoutDigits);
  }));
  const often = Math.max(2, Math.ceil(pages.length * 0.3));
  return pages.map((page) => {
    const zone = zoneOn(page.height);
    const margins: Margins = { header: [], footer: [], body: [] };
    for (const segment of page.segments) {
      const place = zone(segment);
      const running = withoutDigits(segment) === "#"
        ? numbersIn(page.segments, zone, place) === 1
        // The rows of a table are alike from page to page too, but not only at its edge.
        : !inBody.has(withoutDigits(segment)) &&
          (pagesOfText.get(withoutDigits(segment)) ?? 0) >= often;
      margins[running ? place : "body"].push(segment);
    }
    return margins;
  });
}

/** How many numbers stand alone there: one is the page's, several belong to a figure or a listing. */
function numbersIn(
  segments: Segment[],
  zone: (segment: Segment) => keyof Margins,
  place: keyof Margins,
): number {
  return segments.filter((s) => zone(s) === place && withoutDigits(s) === "#")
    .length;
}

function withoutDigits(segment: Segment): string {
  return segment.text.replace(/\d+/g, "#").trim();
}
