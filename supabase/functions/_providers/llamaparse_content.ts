import { badAnswer } from "./llamaparse_faults.ts";
import { isPublicHost, type Resolve } from "./public_hosts.ts";

/** In bytes. A page has at most 64 KB of text, a document some hundred pages; a function has 256 MB of memory. */
const LARGEST_RESULT = 32 * 1024 * 1024;

/** Of a page's text, in UTF-8: "Content beyond 64KB is ignored" (LlamaParse's documentation, Limitations). */
export const MAX_PAGE_BYTES = 65_536;
/** How much shorter a cut text may be: half a character is dropped, and so is white space at the new end. */
const CUT_SLACK_BYTES = 16;

export interface ParsedPage {
  /** The page's number in the document, from 1. */
  page: number;
  markdown: string;
  /** The page whose table contains this page's rows, if LlamaParse merged them and left nothing else here. */
  mergedInto?: number;
}

export interface ParsedPages {
  /** Ascending by page number. */
  pages: ParsedPage[];
  failedPages: { page: number; error: string }[];
}

/** Whether LlamaParse cut off the end of a page, as far as its length shows. */
export function isCut(markdown: string): boolean {
  // A UTF-16 code unit is at most three bytes.
  if (markdown.length * 3 < MAX_PAGE_BYTES - CUT_SLACK_BYTES) return false;
  const bytes = new TextEncoder().encode(markdown).length;
  return bytes >= MAX_PAGE_BYTES - CUT_SLACK_BYTES;
}

/**
 * The pages of a Markdown result, each with its own success or failure.
 *
 * @param asked the pages that were requested, null for all. According to LlamaParse, `page_number` is the page's number
 * in the document. Should it be the number among the requested pages instead, as unexpected numbers show, it is
 * corrected.
 * @throws {ProviderError} if the result has another shape
 */
export function readPages(
  markdown: unknown,
  asked: number[] | null = null,
): ParsedPages {
  const list = (markdown as { pages?: unknown } | null)?.pages;
  if (!Array.isArray(list)) throw badAnswer("its result has no pages");
  const pages: ParsedPages["pages"] = [];
  const failedPages: ParsedPages["failedPages"] = [];
  for (const entry of list) {
    const page = entry?.page_number;
    if (!Number.isInteger(page) || page < 1) {
      throw badAnswer("a page has no number");
    }
    if (entry.success !== false && typeof entry.markdown === "string") {
      pages.push({ page, markdown: entry.markdown });
    } else {
      const error = typeof entry.error === "string" ? entry.error : "";
      failedPages.push({ page, error: error.slice(0, 500) || "unknown" });
    }
  }
  const number = documentNumber(
    [...pages, ...failedPages].map(({ page }) => page),
    asked,
  );
  const inOrder = <T extends { page: number }>(entries: T[]): T[] =>
    entries.map((entry) => ({ ...entry, page: number(entry.page) }))
      .sort((a, b) => a.page - b.page);
  return { pages: inOrder(pages), failedPages: inOrder(failedPages) };
}

/** Maps a result's page number to the document's. */
function documentNumber(
  numbers: number[],
  asked: number[] | null,
): (number: number) => number {
  if (!asked || numbers.every((number) => asked.includes(number))) {
    return (number) => number;
  }
  const inOrder = [...new Set(asked)].sort((a, b) => a - b);
  if (numbers.some((number) => number > inOrder.length)) {
    throw badAnswer("it has pages that were not requested");
  }
  return (number) => inOrder[number - 1];
}

export function isEmpty({ markdown }: ParsedPage): boolean {
  return markdown.trim() === "";
}

/**
 * Sets for each empty page whether its table was merged into that of an earlier page, which happens only with
 * `merge_continued_tables` and shows only among the items of the result.
 */
export function markMerged(parsed: ParsedPages, items: unknown): ParsedPages {
  const list = (items as { pages?: unknown } | null | undefined)?.pages;
  const merged = new Map<number, number>();
  for (const page of Array.isArray(list) ? list : []) {
    for (const item of Array.isArray(page?.items) ? page.items : []) {
      const into = item?.merged_into_page;
      if (Number.isInteger(into)) merged.set(page.page_number, into);
    }
  }
  const pages = parsed.pages.map((page) => {
    const mergedInto = isEmpty(page) ? merged.get(page.page) : undefined;
    return mergedInto === undefined ? page : { ...page, mergedInto };
  });
  return { ...parsed, pages };
}

/** The address of a large result that is not in the response: the presigned URL of the Markdown among the contents. */
export function presignedMarkdown(contents: unknown): string | undefined {
  const entries = Object.entries(
    (contents ?? {}) as Record<string, { presigned_url?: string | null }>,
  ).filter(([, content]) => typeof content?.presigned_url === "string");
  const markdown = entries.find(([name]) => name === "markdown") ??
    entries.find(([name]) => name.startsWith("markdown"));
  return markdown?.[1].presigned_url ?? undefined;
}

/**
 * Fetches a result from its presigned URL, without the API key. The URL is not trusted: it is fetched only from a
 * public host over HTTPS or from the API's own origin, without redirects, and up to 32 MB.
 *
 * @param presignedUrl undefined if LlamaParse named none
 * @throws {ProviderError}
 */
export async function fetchPages(
  presignedUrl: string | undefined,
  { apiUrl, fetch, resolve, signal, asked }: {
    apiUrl: string;
    fetch: typeof globalThis.fetch;
    resolve?: Resolve;
    signal: AbortSignal;
    /** As for `readPages`. */
    asked: number[] | null;
  },
): Promise<ParsedPages> {
  if (!presignedUrl) throw badAnswer("its result is missing");
  const url = URL.canParse(presignedUrl) ? new URL(presignedUrl) : undefined;
  const allowed = url && (url.origin === new URL(apiUrl).origin ||
    (url.protocol === "https:" &&
      await isPublicHost(url.hostname, resolve).catch((cause) => {
        throw badAnswer("its result's host could not be resolved", cause);
      })));
  if (!allowed) {
    throw badAnswer("its result is at an address that is not allowed");
  }

  const response = await fetch(url, { redirect: "error", signal });
  if (!response.ok) {
    await response.body?.cancel();
    throw badAnswer(`its result could not be fetched (${response.status})`);
  }
  const text = await readText(response);
  const parsed = parseJson(text);
  // The file contains the pages as JSON or, for a whole document, its Markdown.
  return parsed === undefined
    ? { pages: [{ page: 1, markdown: text }], failedPages: [] }
    : readPages((parsed as { markdown?: unknown }).markdown ?? parsed, asked);
}

async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  // Leaving the loop early, as the throw does, cancels the rest of the body.
  for await (const part of response.body ?? []) {
    bytes += part.byteLength;
    if (bytes > LARGEST_RESULT) throw badAnswer("its result is too large");
    text += decoder.decode(part, { stream: true });
  }
  return text + decoder.decode();
}

function parseJson(text: string): unknown {
  if (!text.trimStart().startsWith("{")) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    // Markdown may begin with a brace.
    return undefined;
  }
}
