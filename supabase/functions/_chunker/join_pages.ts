import type { Block } from "./blocks.ts";
import { endsOpen, glueOf, sentenceEnd } from "./continued_sentence.ts";
import { continuedTable } from "./continued_table.ts";

/**
 * The document's blocks, joined where they continue on the next page. A continued sentence or word belongs whole to its
 * first page's block; a continued table has the first page's header. A page without text separates its neighbours.
 */
export function joinPages(pages: Block[][]): Block[] {
  const compounds = compoundsIn(pages);
  const joined: Block[] = [];
  let before: Block | undefined;
  for (const page of pages) {
    let blocks = page;
    const first = blocks[0];
    if (before && first) {
      // "Table 3 (continued)" may precede the continuation.
      const at = blocks.length > 1 && saysContinued(first) ? 1 : 0;
      const table = continuedTable(before, blocks[at]);
      if (table) blocks = blocks.with(at, table);
      else blocks = joinSentence(before, first, blocks, compounds);
    }
    for (const block of blocks) joined.push(block);
    // If a sentence filled the whole page, the next page may continue it.
    before = blocks.at(-1) ?? (page.length > 0 ? before : undefined);
  }
  return joined;
}

function saysContinued({ kind, text }: Block): boolean {
  return kind === "prose" && text.length < 200 &&
    /\b(?:continued|cont\.|cont'd|fortsetzung|suite|continuación|segue)\b/i
      .test(text);
}

/** Moves the rest of an open sentence to the block in which it began. Returns the rest of the page. */
function joinSentence(
  before: Block,
  first: Block,
  blocks: Block[],
  compounds: () => Set<string>,
): Block[] {
  const mayContinue = before.kind === "prose" || before.kind === "list";
  if (!mayContinue || first.kind !== "prose" || first.page === null) {
    return blocks;
  }
  if (!endsOpen(before.text, first.text)) return blocks;
  const end = sentenceEnd(first.text);
  if (end === -1) return blocks;
  const moved = first.text.slice(0, end).trimEnd();
  const { keep, glue } = glueOf(before.text, moved, compounds);
  before.text = before.text.slice(0, keep) + glue;
  before.turns = [...before.turns, {
    at: before.text.length,
    page: first.page,
  }];
  before.text += moved;
  const rest = first.text.slice(end).trimStart();
  return [...rest === "" ? [] : [{ ...first, text: rest }], ...blocks.slice(1)];
}

/** The words that the document itself writes with a hyphen; collected only if a page ends with one. */
function compoundsIn(pages: Block[][]): () => Set<string> {
  let found: Set<string> | undefined;
  return () => {
    if (found) return found;
    found = new Set();
    for (const { text } of pages.flat()) {
      for (const [word] of text.matchAll(/\p{L}{1,40}-\p{L}{1,40}/gu)) {
        found.add(word.toLowerCase());
      }
    }
    return found;
  };
}
