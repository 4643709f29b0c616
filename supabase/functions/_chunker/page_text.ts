import { removeDataUris } from "./cleaning/data_uris.ts";
import { removeImagesAndAnchors } from "./cleaning/images_and_anchors.ts";
import { removePlaceholders } from "./cleaning/placeholders.ts";
import { removeRunningLines } from "./cleaning/running_lines.ts";
import { legible } from "./pages.ts";

/**
 * The numbers (from 1) of the pages without text of their own: empty, or only a placeholder, a page number, running
 * headers and footers, or pictures without alt text. They may be scans.
 */
export function emptyPages(pages: string[]): number[] {
  const own = removeRunningLines(
    pages.map((page) => removePlaceholders(removeImagesAndAnchors(removeDataUris(legible(page))))),
    { keepsHeadings: false },
  );
  return own.flatMap((page, i) =>
    // Letters, digits and pictographs, outside tags.
    /[\p{L}\p{N}\p{Extended_Pictographic}]/u.test(
        page.replace(/<[^<>]{0,1000}>/g, ""),
      )
      ? []
      : i + 1
  );
}
