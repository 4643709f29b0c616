import type { Block } from "./blocks.ts";
import type { Passage } from "./sections.ts";
import { cellsOf, namesOf, splitRow } from "./tables.ts";

/** A part of a passage that is chunked on its own. */
export interface Slice extends Passage {
  /** Whether it begins the passage and contains its headings. */
  isFirst: boolean;
}

/** UTF-16 units within which a cut looks for a better place. */
const NEARBY = 2_000;

/** The passage in slices of about `length` UTF-16 units at most: cut between blocks, and within longer ones. */
export function* slicePassage(
  passage: Passage,
  length: number,
): Generator<Slice> {
  let slice: Slice = { ...passage, blocks: [], isFirst: true };
  let taken = 0;
  for (const block of passage.blocks) {
    for (const part of sliceBlock(block, length)) {
      if (taken > 0 && taken + part.text.length > length) {
        yield slice;
        slice = { ...passage, headings: 0, blocks: [], isFirst: false };
        taken = 0;
      }
      slice.blocks.push(part);
      taken += part.text.length;
    }
  }
  yield slice;
}

function* sliceBlock(block: Block, length: number): Generator<Block> {
  if (block.text.length <= length) yield block;
  else if (block.header !== undefined) {
    yield* sliceTable(block, block.header, length);
  } else if (block.items) yield* sliceList(block, block.items, length);
  else if (block.fence) yield* sliceCode(block, block.fence, length);
  else yield* sliceText(block, length);
}

function* sliceText(block: Block, length: number): Generator<Block> {
  const { text } = block;
  for (let from = 0; from < text.length;) {
    const end = cutAt(text, from, length);
    const part = partOf(block, from, end);
    if (part) yield part;
    from = end;
  }
}

/** The part of the block between two offsets, and its pages. */
export function partOf(
  block: Block,
  from: number,
  end: number,
): Block | undefined {
  const raw = block.text.slice(from, end);
  const text = raw.trimEnd();
  if (text === "") return undefined;
  const turns = block.turns.map(({ at, page }) => ({ at: at - from, page }));
  return {
    kind: block.kind,
    text,
    page: turns.findLast(({ at }) => at <= 0)?.page ?? block.page,
    turns: turns.filter(({ at }) => at > 0 && at < text.length),
  };
}

/** The last place to cut: after a sentence, a line, a word, a character. */
function cutAt(text: string, from: number, length: number): number {
  const end = from + length;
  if (end >= text.length) return text.length;
  const start = Math.max(from, end - Math.min(NEARBY, length / 2));
  const nearby = text.slice(start, end);
  for (const place of [/[.!?]["'»”)\]]?\s|[。！？]/g, /\n/g, /\s/g]) {
    const found = [...nearby.matchAll(place)].at(-1);
    if (found) return start + found.index + found[0].length;
  }
  const unit = text.charCodeAt(end);
  return unit >= 0xdc00 && unit <= 0xdfff ? end - 1 : end;
}

function* sliceList(
  block: Block,
  items: number[],
  length: number,
): Generator<Block> {
  const ends = [...items.slice(1), block.text.length];
  let from = 0;
  for (const [i, end] of ends.entries()) {
    if ((ends[i + 1] ?? Infinity) - from <= length) continue;
    yield* sliceItems(block, items, from, end, length);
    from = end;
  }
}

function* sliceItems(
  block: Block,
  items: number[],
  from: number,
  end: number,
  length: number,
): Generator<Block> {
  const part = partOf(block, from, end);
  if (!part) return;
  if (part.text.length > length) yield* sliceText(part, length);
  else {
    yield {
      ...part,
      items: items.filter((at) => at >= from && at < end).map((at) => at - from),
    };
  }
}

function* sliceCode(
  block: Block,
  fence: { open: string; close: string },
  length: number,
): Generator<Block> {
  const body = bodyOf(block.text, fence);
  if (fence.open.length > length / 4) {
    yield* sliceText({ ...block, fence: undefined }, length);
    return;
  }
  for (const part of sliceText({ ...block, text: body }, length)) {
    yield {
      ...part,
      fence,
      text: `${fence.open}\n${part.text}\n${fence.close}`,
    };
  }
}

/** The lines between the fences. */
export function bodyOf(
  text: string,
  { open, close }: { open: string; close: string },
): string {
  const body = text.slice(open.length + 1);
  const last = body.lastIndexOf("\n") + 1;
  return body.slice(last).trim().startsWith(close) ? body.slice(0, Math.max(0, last - 1)) : body;
}

function* sliceTable(
  block: Block,
  header: string,
  length: number,
): Generator<Block> {
  const names = namesOf(header);
  const isWide = header.length > length / 4;
  if (isWide) {
    yield* sliceText({ ...block, kind: "lines", text: header }, length);
  }
  let rows: string[] = [];
  let taken = 0;
  const slice = (): Block => ({ ...block, text: [header, ...rows].join("\n") });
  for (const row of block.text.slice(header.length + 1).split("\n")) {
    const isLong = isWide || row.length > length;
    if (taken > 0 && (isLong || taken + row.length > length)) {
      yield slice();
      rows = [];
      taken = 0;
    }
    if (isLong) {
      for (
        const table of splitRow(names, cellsOf(row), {
          limit: Math.floor(length / 2),
          size: (text) => text.length,
          cut: cutText,
        })
      ) {
        yield {
          ...block,
          header: table.header,
          text: `${table.header}\n${table.row}`,
        };
      }
    } else {
      rows.push(row);
      taken += row.length;
    }
  }
  if (taken > 0) yield slice();
}

function* cutText(text: string, length: number): Generator<string> {
  for (let from = 0; from < text.length;) {
    const end = cutAt(text, from, Math.max(length, 1));
    yield text.slice(from, end).trim();
    from = end;
  }
}
