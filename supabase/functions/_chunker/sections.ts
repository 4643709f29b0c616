import type { Block } from "./blocks.ts";

/** Consecutive blocks of one section on one page, which may share a chunk. */
export interface Passage {
  /** The titles of the sections around, outermost first; the same for every block. */
  path: string[];
  /** How many of the path's last titles are headings at the beginning of its blocks. */
  headings: number;
  blocks: Block[];
}

interface Section {
  level: number;
  title: string;
}

/**
 * The document's passages in order. Consecutive headings without text in between belong to the text below them; without
 * any text, each is alone, under its own title. At the top of a page, a heading that names an open section is a running
 * title: that section continues.
 */
export function passagesOf(blocks: Block[]): Passage[] {
  const passages: Passage[] = [];
  let sections: Section[] = [];
  let passage: Passage | undefined;
  /** The page of the block before. */
  let page: number | null | undefined;

  const path = () => sections.map(({ title }) => title);
  const flush = () => {
    if (passage && passage.headings === passage.blocks.length) {
      passages.push(...eachAlone(passage));
    } else if (passage) passages.push(passage);
    passage = undefined;
  };

  for (const block of blocks) {
    const isTop = page !== undefined && block.page !== page;
    if (isTop) flush();
    if (block.heading) {
      const { level, title } = block.heading;
      const isRunning = isTop &&
        sections.some((open) => open.level === level && sameTitle(open.title, title));
      // Still the top until text follows.
      if (isRunning) continue;
      const outer = sections.filter((open) => open.level < level);
      const isDeeper = outer.length === sections.length;
      const announces = passage && isDeeper &&
        passage.headings === passage.blocks.length;
      if (!announces || title === "") flush();
      // A heading without words separates, and names nothing.
      sections = title === "" ? outer : [...outer, { level, title }];
      page = block.page;
      if (title === "") continue;
      passage ??= { path: [], headings: 0, blocks: [] };
      passage.path = path();
      passage.blocks.push(block);
      passage.headings++;
    } else {
      passage ??= { path: path(), headings: 0, blocks: [] };
      passage.blocks.push(block);
    }
    // A sentence that continues over the page's end does not move what follows it.
    page = block.page;
  }
  flush();
  return passages;
}

function eachAlone({ path, headings, blocks }: Passage): Passage[] {
  return blocks.map((block, i) => ({
    path: path.slice(0, path.length - headings + i + 1),
    headings: 1,
    blocks: [block],
  }));
}

function sameTitle(open: string, title: string): boolean {
  const bare = (text: string) =>
    text.toLowerCase()
      .replace(
        /\s*[-–(]?\s*(?:continued|cont\.?|cont'd|fortsetzung|forts\.|suite|continuación)\s*\)?$/,
        "",
      )
      .trim();
  return bare(open) === bare(title);
}

/**
 * The title of the whole document: the first heading, if it is the only one of its level. None of several chapters is
 * the document's title.
 */
export function titleOf(blocks: Block[]): string | null {
  const headings = blocks.flatMap(({ heading }) => heading ?? []);
  const first = headings[0];
  const isAlone = first !== undefined &&
    headings.every(({ level, title }) =>
      level > first.level ||
      (level === first.level && sameTitle(title, first.title))
    );
  return isAlone && first.title !== "" ? first.title : null;
}
