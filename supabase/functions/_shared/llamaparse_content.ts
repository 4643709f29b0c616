import { badAnswer } from "./llamaparse_faults.ts";
import { isPrivateHost } from "./private_hosts.ts";

/** Bytes. A page has at most 64 KB of text, a document some hundred pages; a function has 256 MB of memory. */
const LARGEST_RESULT = 32 * 1024 * 1024;

export interface ParsedPages {
  /** Ascending by page number, from 1. */
  pages: { page: number; markdown: string }[];
  failedPages: { page: number; error: string }[];
}

/**
 * The pages of a Markdown result: each says for itself whether it succeeded.
 * @throws {ProviderError} if it has another shape
 */
export function readPages(markdown: unknown): ParsedPages {
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
  const byPage = (a: { page: number }, b: { page: number }) => a.page - b.page;
  return { pages: pages.sort(byPage), failedPages: failedPages.sort(byPage) };
}

/** Where a large result is kept instead of in the answer: the presigned URL of the Markdown among the contents. */
export function presignedMarkdown(contents: unknown): string | undefined {
  const entries = Object.entries(
    (contents ?? {}) as Record<string, { presigned_url?: string | null }>,
  ).filter(([, content]) => typeof content?.presigned_url === "string");
  const markdown = entries.find(([name]) => name === "markdown") ??
    entries.find(([name]) => name.startsWith("markdown"));
  return markdown?.[1].presigned_url ?? undefined;
}

/**
 * Fetches a result from its presigned URL, without our key. The URL comes from outside, so it is followed only to a
 * public host over HTTPS or to the API's own origin, never through a redirect, and never beyond 32 MB.
 * @throws {ProviderError}
 */
export async function fetchPages(
  presignedUrl: string,
  apiUrl: string,
  fetch: typeof globalThis.fetch,
  signal: AbortSignal,
): Promise<ParsedPages> {
  const url = URL.canParse(presignedUrl) ? new URL(presignedUrl) : undefined;
  const allowed = url && (url.origin === new URL(apiUrl).origin ||
    (url.protocol === "https:" && !isPrivateHost(url.hostname)));
  if (!allowed) throw badAnswer("its result is at an address we do not follow");

  const response = await fetch(url, { redirect: "error", signal });
  if (!response.ok) {
    await response.body?.cancel();
    throw badAnswer(`its result could not be fetched (${response.status})`);
  }
  const text = await readText(response);
  const parsed = parseJson(text);
  // The file is the pages as JSON or, of a document fetched as a whole, its Markdown.
  return parsed === undefined
    ? { pages: [{ page: 1, markdown: text }], failedPages: [] }
    : readPages((parsed as { markdown?: unknown }).markdown ?? parsed);
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
    // Markdown may well begin with a brace.
    return undefined;
  }
}
