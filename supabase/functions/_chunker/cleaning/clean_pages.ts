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
 * The text of the parser's pages that is worth embedding and finding. The stored Markdown is unchanged; cleaning is
 * page by page, so that page numbers stay right. Each rule is a file, with tests of what it must not remove.
 * @returns the pages, and the title in the front matter
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
