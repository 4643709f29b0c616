import { flowMarkdown } from "./blocks.ts";
import { measureSizes } from "./headings.ts";
import { splitMargins } from "./page_margins.ts";
import { openPdf, type PageContent, ParseError } from "./read_pdf.ts";
import { commonGutter, findGutter, readingOrder } from "./reading_order.ts";
import { joinSegments } from "./text_segments.ts";

export interface ParsedPage {
  page_number: number;
  markdown: string;
  text: string;
  header: string;
  footer: string;
}

export interface PageSelection {
  /** From the first page on; ignored when `target_pages` is given. */
  max_pages?: number | null;
  /** `1,3,5-8`, counted from 1. */
  target_pages?: string | null;
}

/** LlamaParse keeps this much text of a page, in UTF-16 units here. */
const MOST_TEXT_PER_PAGE = 64 * 1024;

/**
 * Reads a PDF's text and lays it out as Markdown, page by page.
 *
 * @param mostPages documents with more pages than this are refused
 * @throws ParseError with LlamaParse's failure code
 */
export async function parseDocument(
  bytes: Uint8Array,
  selection: PageSelection = {},
  mostPages = Infinity,
): Promise<ParsedPage[]> {
  const contents = await readPages(bytes, selection, mostPages);
  const measured = contents.map((content) => ({
    ...content,
    segments: joinSegments(content.glyphs),
  }));
  const margins = splitMargins(measured);
  const sizes = measureSizes(margins.flatMap((margin) => margin.body));
  const gutters = margins.map((margin) => findGutter(margin.body));
  const common = commonGutter(gutters);
  const pages = measured.map((page, index) => {
    const { header, body, footer } = margins[index];
    const flows = readingOrder(body, gutters[index] ?? common);
    const markdown = flows.map((flow) => flowMarkdown(flow, sizes, page.marks))
      .join("\n\n");
    return {
      page_number: page.number,
      markdown: markdown.slice(0, MOST_TEXT_PER_PAGE),
      text: flows.flatMap((flow) => flow.segments).map((s) => s.text).join("\n")
        .slice(0, MOST_TEXT_PER_PAGE),
      header: header.map((s) => s.text).join(" "),
      footer: footer.map((s) => s.text).join(" "),
    };
  });
  if (pages.every((page) => page.markdown.trim() === "")) {
    throw new ParseError(
      "NO_DATA_FOUND_IN_FILE",
      "No text was found in the file",
    );
  }
  return pages;
}

async function readPages(
  bytes: Uint8Array,
  selection: PageSelection,
  mostPages: number,
): Promise<PageContent[]> {
  const pdf = await openPdf(bytes);
  try {
    if (pdf.pageCount > mostPages) {
      throw new ParseError(
        "TOO_MANY_PAGES",
        `The document has ${pdf.pageCount} pages, more than the ${mostPages} allowed`,
      );
    }
    const contents: PageContent[] = [];
    for (const number of selectPages(selection, pdf.pageCount)) {
      contents.push(await pdf.page(number));
    }
    return contents;
  } catch (error) {
    if (error instanceof ParseError) throw error;
    throw new ParseError("PDF_IS_BROKEN", "A page could not be read", {
      cause: error,
    });
  } finally {
    await pdf.close();
  }
}

/** The page numbers to read, in order. Pages that do not exist are left out. */
export function selectPages(
  { max_pages, target_pages }: PageSelection,
  pageCount: number,
): number[] {
  const all = Array.from({ length: pageCount }, (_, index) => index + 1);
  if (!target_pages) return all.slice(0, max_pages ?? undefined);
  const ranges = target_pages.split(",").map((range) => {
    const [first, last = first] = range.split("-").map(Number);
    return { first, last };
  });
  return all.filter((page) =>
    ranges.some(({ first, last }) => page >= first && page <= last)
  );
}
