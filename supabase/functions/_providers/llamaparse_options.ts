import type { LlamaCloud } from "@llamaindex/llama-cloud";

type Options = LlamaCloud.ParsingCreateParams;

/** How long LlamaParse may work on a document before it gives up. */
const TIMEOUTS = {
  base_in_seconds: 1800,
  extra_time_per_page_in_seconds: 30,
};

/**
 * The output options, the same for every document. Options that are not named keep LlamaParse's default: no crop box,
 * and no kind of text excluded, since both would drop text of the document. Running headers and footers need no option:
 * API v2 puts them into fields of their own, outside a page's Markdown. Only HTML needs options against them.
 */
const OUTPUT_OPTIONS = {
  // Images are not used, so none is stored at LlamaParse.
  images_to_save: [],
  markdown: {
    // An inline image is a hundred thousand meaningless characters, and a page has at most 64 KB.
    inline_images: false,
    tables: {
      // HTML tags would be most of the text that is embedded and paid for.
      output_tables_as_markdown: true,
      compact_markdown_tables: true,
      // Rows without the header of the page before have no meaning.
      merge_continued_tables: true,
    },
  },
} satisfies Options["output_options"];

const HTML_OPTIONS = {
  remove_fixed_elements: true,
  remove_navigation_elements: true,
} satisfies NonNullable<Options["input_options"]>["html"];

/** LlamaParse's names of languages that differ from ISO 639-1 and BCP 47. */
const LANGUAGES: Record<string, string> = {
  zh: "ch_sim",
  "zh-cn": "ch_sim",
  "zh-hans": "ch_sim",
  "zh-tw": "ch_tra",
  "zh-hant": "ch_tra",
  nb: "no",
  nn: "no",
  sr: "rs_cyrillic",
  "sr-cyrl": "rs_cyrillic",
  "sr-latn": "rs_latin",
  tg: "tjk",
};

/** How one document is to be read. */
export interface ReadingOptions {
  mime: string;
  /**
   * How many pages to read, from the first on; ignored where `pages` are named.
   */
  maxPages: number;
  /** Numbers, from 1, of the pages to read; null for all. */
  pages: number[] | null;
  /**
   * The user says that the document is scanned: text in pictures is read too.
   */
  ocr: boolean;
  /**
   * The document's languages, the main one first: ISO 639-1 codes, or LlamaParse's own. Empty: LlamaParse's default.
   */
  ocrLanguages: string[];
  /** The share of the pages, 0 to 1, that may fail before the job does. */
  maxFailedPageRatio: number;
}

/** A submission's parameters in LlamaParse's API v2, besides file, tier and webhook. */
export function parseOptions(options: ReadingOptions) {
  const { maxPages, pages, ocrLanguages, maxFailedPageRatio } = options;
  // An image has no other text.
  const ocr = options.ocr || options.mime.startsWith("image/");
  return {
    page_ranges: pages === null ? { max_pages: maxPages } : { target_pages: targetPages(pages) },
    // LlamaParse caches results for days, failures too; a reparse must parse again.
    disable_cache: pages !== null,
    input_options: {
      html: HTML_OPTIONS,
      ...(ocr && { image: { camera_photo_correction: true } }),
    },
    output_options: OUTPUT_OPTIONS,
    processing_options: {
      // LlamaParse reads text in pictures, and with it scanned pages, by default.
      ignore: { ignore_text_in_image: !ocr },
      ...(ocr && ocrLanguages.length > 0 && {
        ocr_parameters: { languages: languages(ocrLanguages) },
      }),
    },
    processing_control: {
      timeouts: TIMEOUTS,
      job_failure_conditions: {
        allowed_page_failure_ratio: maxFailedPageRatio,
      },
    },
  } satisfies Partial<Options>;
}

/**
 * Page numbers in the format of LlamaParse's API v2: from 1, ascending, each once, with ranges (`1,3,5-8`).
 * @throws {RangeError} if there are none, or one is no page number
 */
export function targetPages(pages: number[]): string {
  const numbers = [...new Set(pages)].sort((a, b) => a - b);
  if (
    numbers.length === 0 || !numbers.every((n) => Number.isInteger(n) && n > 0)
  ) {
    throw new RangeError("pages to read are numbers from 1");
  }
  const ranges: { first: number; last: number }[] = [];
  for (const number of numbers) {
    const range = ranges.at(-1);
    if (range?.last === number - 1) range.last = number;
    else ranges.push({ first: number, last: number });
  }
  return ranges.map(({ first, last }) => first === last ? `${first}` : `${first}-${last}`).join(",");
}

function languages(codes: string[]) {
  const known = codes.map((code) => LANGUAGES[code.toLowerCase()] ?? code);
  return [...new Set(known)] as LlamaCloud.ParsingLanguages[];
}
