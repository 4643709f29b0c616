import type { Page } from "../pages.ts";
import { removeContents } from "./contents.ts";
import { removeDataUris } from "./data_uris.ts";
import { shortenLeaders } from "./dot_leaders.ts";
import { takeFrontMatter } from "./front_matter.ts";
import { removeImagesAndAnchors } from "./images_and_anchors.ts";
import { removePlaceholders } from "./placeholders.ts";
import { removeRunningLines } from "./running_lines.ts";
import { closeFence, continueFences } from "./unclosed_fences.ts";
import { unwrapPage } from "./wrapper_fence.ts";

/**
 * What of the parser's pages is worth embedding, finding and paying for. The
 * stored Markdown stays what the parser wrote; page by page, so that page
 * numbers stay right. Each rule is a file, with tests of what it must leave
 * alone.
 * @returns the pages, and the title that front matter names
 */
export function cleanPages(
  pages: Page[],
  { isMarkdown }: { isMarkdown: boolean },
): { pages: Page[]; title: string | null } {
  let texts = pages.map(({ text }) => text);
  let title: string | null = null;
  if (isMarkdown) {
    texts = texts.map(unwrapPage);
    const first = takeFrontMatter(texts[0]);
    title = first.title;
    texts = [first.text, ...texts.slice(1)];
  }
  texts = texts.map(removeDataUris);
  if (isMarkdown) {
    texts = continueFences(texts).map(closeFence).map(removeImagesAndAnchors);
  }
  texts = texts.map(removePlaceholders);
  if (pages[0].number !== null) {
    texts = removeRunningLines(texts, { keepsHeadings: true });
  }
  texts = removeContents(texts).map(shortenLeaders);
  return {
    pages: pages.map((page, i) => ({ ...page, text: texts[i] })),
    title,
  };
}
