import type { LlamaParseFaults } from "./faults.ts";

/** LlamaParse keeps this much of a page's text, in bytes of UTF-8. */
const MOST_TEXT_PER_PAGE = 64 * 1024;
const PLACEHOLDER = "NO_CONTENT_HERE";

/** A page's Markdown in the shape that the faults ask for, and never longer than the real one's. */
export function shapePage(
  markdown: string,
  page: number,
  faults: LlamaParseFaults,
): string {
  if (faults.empty_pages.includes(page)) return "";
  if (faults.placeholder_pages.includes(page)) return PLACEHOLDER;
  const { header, footer } = faults.running_lines ?? {};
  const numbered = (line?: string) => line?.replaceAll("{page}", `${page}`);
  const text = [numbered(header), markdown, numbered(footer)]
    .filter(Boolean).join("\n\n");
  const marked = faults.page_marks ? `---\n\n![image](page_${page}_image_1_v2.jpg)\n\n${text}\n\n---` : text;
  return cut(faults.fences ? `\`\`\`markdown\n${marked}\n\`\`\`` : marked);
}

/** What fits into so many bytes, without half a character at the end. */
export function cut(text: string, bytes = MOST_TEXT_PER_PAGE): string {
  if (text.length * 3 <= bytes) return text;
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(bytes));
  return text.slice(0, read);
}
