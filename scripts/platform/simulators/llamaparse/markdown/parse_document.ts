import { type Block, blocksMarkdown, flowBlocks, type Mark, type TableBlock } from "./blocks.ts";
import { measureSizes, type TextSizes } from "./headings.ts";
import { splitMargins } from "./page_margins.ts";
import { openPdf, type PageContent, ParseError } from "./read_pdf.ts";
import { commonGutter, findGutter, readingOrder } from "./reading_order.ts";
import { orderRightToLeft } from "./right_to_left.ts";
import { tableHtml, tableMarkdown } from "./tables.ts";
import { joinSegments, type Segment } from "./text_segments.ts";

export interface ParsedPage {
  page_number: number;
  markdown: string;
  text: string;
  header: string;
  footer: string;
  tables: PageTable[];
}

/** What became of a page: some can be broken in a file whose others are not. */
export type PageResult =
  | (ParsedPage & { success: true })
  | { page_number: number; success: false; error: string };

/** A table that stands on a page, or would if it were not part of an earlier page's. */
export interface PageTable {
  markdown: string;
  mergedFromPages?: number[];
  mergedIntoPage?: number;
}

export interface ParseOptions {
  /** Which pages are read of a document of so many; all if left out. */
  select?(pageCount: number): number[];
  /** Documents with more pages than this are refused. */
  mostPages?: number;
  tables?: "markdown" | "html";
  /** Whether a table that continues at the top of the next page is merged with its beginning. */
  mergeTables?: boolean;
  /** What would be read in the pictures of a page, which nothing here can; not asked where OCR is off. */
  readImages?(page: number): string;
}

/**
 * Reads a PDF's text and lays it out as Markdown, page by page.
 *
 * @throws ParseError with LlamaParse's failure code
 */
export async function parseDocument(
  bytes: Uint8Array,
  options: ParseOptions = {},
): Promise<PageResult[]> {
  const { contents, broken } = await readPages(bytes, options);
  const parsed = layOutPages(contents, options);
  if (parsed.every(({ text }) => text.trim() === "")) {
    throw broken.length > 0
      ? new ParseError(
        "PDF_IS_BROKEN",
        "The PDF is broken: its pages could not be read",
        { cause: broken[0].cause },
      )
      : new ParseError(
        "NO_DATA_FOUND_IN_FILE",
        "No text was found in the document",
      );
  }
  return [
    ...parsed.map((page): PageResult => ({ ...page, success: true })),
    ...broken.map(({ number }): PageResult => ({
      page_number: number,
      success: false,
      error: "The page could not be read",
    })),
  ].sort((a, b) => a.page_number - b.page_number);
}

function layOutPages(
  contents: PageContent[],
  { mergeTables = false, readImages, tables }: ParseOptions,
): ParsedPage[] {
  const measured = contents.map((content) => ({
    ...content,
    segments: joinSegments(content.glyphs),
    turned: content.turned.map(joinSegments),
  }));
  orderRightToLeft(measured.flatMap((page) => [page.segments, ...page.turned]));
  const margins = splitMargins(measured);
  const sizes = measureSizes(margins.flatMap((margin) => margin.body));
  const gutters = margins.map((margin) => findGutter(margin.body));
  const common = commonGutter(gutters);

  const pages = measured.map((page, index) => {
    const body = layOut(
      margins[index].body,
      gutters[index] ?? common,
      sizes,
      page.marks,
    );
    const turned = page.turned.map((part) => layOut(part, null, sizes, []));
    const parts = [body, ...turned];
    return {
      number: page.number,
      flows: parts.flatMap(({ flows }) => flows),
      text: parts.flatMap(({ text }) => text).join("\n"),
      inImages: page.hasImage ? readImages?.(page.number) ?? "" : "",
      merged: new Map<TableBlock, number[]>(),
      mergedInto: undefined as number | undefined,
    };
  });
  if (mergeTables) mergeContinued(pages);
  const writeTable = tables === "html" ? tableHtml : tableMarkdown;
  return pages.map((page, index): ParsedPage => ({
    page_number: page.number,
    markdown: [
      ...page.flows.map((blocks) => blocksMarkdown(blocks, writeTable)),
      page.inImages,
    ].filter(Boolean).join("\n\n"),
    text: [page.text, page.inImages].filter(Boolean).join("\n"),
    header: margins[index].header.map((s) => s.text).join(" "),
    footer: margins[index].footer.map((s) => s.text).join(" "),
    tables: [
      ...page.mergedInto ? [{ markdown: "", mergedIntoPage: page.mergedInto }] : [],
      ...page.flows.flat().filter((block) => block.kind === "table").map((
        table,
      ) => ({
        markdown: tableMarkdown(table.cells),
        mergedFromPages: page.merged.get(table),
      })),
    ],
  }));
}

/** The blocks of each flow of a text that runs in one direction, and its plain text. */
function layOut(
  segments: Segment[],
  gutter: number | null,
  sizes: TextSizes,
  marks: Mark[],
): { flows: Block[][]; text: string[] } {
  const flows = readingOrder(segments, gutter);
  return {
    flows: flows.map((flow) => flowBlocks(flow, sizes, marks)),
    text: flows.flatMap((flow) => flow.segments).map(({ text }) => text),
  };
}

interface LaidOutPage {
  number: number;
  /** None of them empty. */
  flows: Block[][];
  /** The page on which the table stands with which this one begins. */
  mergedInto: number | undefined;
  /** The pages whose rows a table has. */
  merged: Map<TableBlock, number[]>;
}

/**
 * Moves the rows of a table with which a page begins to the table, of as many columns, with which the page before ends.
 */
function mergeContinued(pages: LaidOutPage[]): void {
  let open: { table: TableBlock; page: LaidOutPage } | undefined;
  for (const page of pages) {
    const first = page.flows.at(0)?.at(0);
    const isNext = open && page.number === 1 + lastOf(open);
    if (
      open && isNext && first?.kind === "table" &&
      first.cells[0].length === open.table.cells[0].length
    ) {
      const { table } = open;
      const repeats = String(first.cells[0]) === String(table.cells[0]);
      table.cells.push(...first.cells.slice(repeats ? 1 : 0));
      page.flows[0].shift();
      page.flows = page.flows.filter((blocks) => blocks.length > 0);
      page.mergedInto = open.page.number;
      open.page.merged.set(table, [
        ...open.page.merged.get(table) ?? [open.page.number],
        page.number,
      ]);
      if (page.flows.length === 0) continue;
    }
    const last = page.flows.at(-1)?.at(-1);
    open = last?.kind === "table" ? { table: last, page } : undefined;
  }
}

function lastOf(
  { table, page }: { table: TableBlock; page: LaidOutPage },
): number {
  return page.merged.get(table)?.at(-1) ?? page.number;
}

/** The pages that are to be read, and those of them that cannot be. */
async function readPages(
  bytes: Uint8Array,
  { select, mostPages = Infinity }: ParseOptions,
): Promise<{
  contents: PageContent[];
  broken: { number: number; cause: unknown }[];
}> {
  const pdf = await openPdf(bytes);
  try {
    if (pdf.pageCount > mostPages) {
      throw new ParseError(
        "TOO_MANY_PAGES",
        `The document has too many pages: ${pdf.pageCount}, ${mostPages} are allowed`,
      );
    }
    const all = Array.from({ length: pdf.pageCount }, (_, index) => index + 1);
    const contents: PageContent[] = [];
    const broken: { number: number; cause: unknown }[] = [];
    for (const number of select?.(pdf.pageCount) ?? all) {
      try {
        contents.push(await pdf.page(number));
      } catch (cause) {
        broken.push({ number, cause });
      }
    }
    return { contents, broken };
  } finally {
    await pdf.close();
  }
}
