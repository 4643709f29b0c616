import { splitByTokens } from "../_shared/tokens.ts";
import { type Block, readBlocks } from "./markdown_blocks.ts";
import { cleanPages, pageOf } from "./markdown_text.ts";
import {
  type CountTokens,
  fit,
  type Unit,
  wholeBlock,
} from "./markdown_units.ts";

/** Part of every chunk's id: where `splitMarkdown` is changed to answer otherwise, the version is to be raised. */
export const chunkerName = "markdown-simple";
export const chunkerVersion = "1";

export interface Chunk {
  /** Position in the document, from 0. */
  ord: number;
  text: string;
  /** The titles of the sections around the text, outermost first; where sections were merged, those they share. */
  headingPath: string[];
  /** The page, from 1, on which the text begins; null if page starts are unknown. */
  page: number | null;
  tokens: number;
}

export interface SplitOptions {
  /** UTF-16 offsets in the Markdown at which pages 1, 2, … start, ascending; empty if unknown. */
  pageStarts: number[];
  /** The most tokens a chunk may have, at least 16. Always kept. */
  maxTokens: number;
  /** Small neighbours below the same parent section are merged until they have so many tokens. Default 64. */
  minTokens?: number;
  /** A section's next chunk repeats what last sentences, rows or blocks fit into so many tokens. Default 0: none. */
  overlapTokens?: number;
  countTokens: CountTokens;
}

type Limits = Required<Omit<SplitOptions, "pageStarts">>;

/** Units on their way to be one chunk. `tokens` is an estimate: the sum of the units', counted one by one. */
interface Group {
  path: string[];
  units: Unit[];
  tokens: number;
  headingsOnly: boolean;
}

/**
 * Cuts Markdown into chunks along its headings. Paragraphs, lists, tables and code stay whole where they fit into one;
 * a heading stays with the text below it. No visible text is lost. The same input always gives the same chunks, in
 * time proportional to its length (1 MB in about 0.4 s).
 * @throws {RangeError} if an option makes no sense
 */
export function splitMarkdown(
  markdown: string,
  options: SplitOptions,
): Chunk[] {
  const limits: Limits = {
    maxTokens: options.maxTokens,
    minTokens: options.minTokens ?? 64,
    overlapTokens: options.overlapTokens ?? 0,
    countTokens: options.countTokens,
  };
  if (!(limits.maxTokens >= 16)) {
    throw new RangeError("maxTokens must be at least 16");
  }
  if (!(limits.overlapTokens <= limits.maxTokens / 2)) {
    throw new RangeError("overlapTokens must be at most half of maxTokens");
  }
  const { text, pageStarts } = cleanPages(markdown, options.pageStarts);
  const chunks: Chunk[] = [];
  // Group by group, so that the tokenizer meets the same words again while it remembers them.
  for (const group of mergeSmall(gather(readBlocks(text), limits), limits)) {
    for (const { at, ...chunk } of render(group.units, group.path, limits)) {
      const page = pageOf(at, pageStarts);
      chunks.push({ ord: chunks.length, ...chunk, page });
    }
  }
  return chunks;
}

/** Fills group after group; a new one begins at a heading, and where the next unit would be too much. */
function* gather(blocks: Iterable<Block>, limits: Limits): Generator<Group> {
  const { maxTokens, countTokens } = limits;
  let sections: { level: number; title: string }[] = [];
  let group = emptyGroup([]);

  for (const block of blocks) {
    const whole = wholeBlock(block, countTokens);
    if (block.heading) {
      const { level, title } = block.heading;
      sections = sections.filter((outer) => outer.level < level);
      if (title !== "") sections.push({ level, title });
      const path = sections.map((section) => section.title);
      // Headings with nothing between them stay together, as long as they leave room for the text they announce.
      const crowded = group.tokens + whole.tokens > maxTokens / 4;
      if (group.units.length > 0 && (!group.headingsOnly || crowded)) {
        yield group;
        group = emptyGroup(path);
      }
      group.path = path;
      group.headingsOnly = true;
      for (const unit of fit(block, whole, maxTokens, countTokens)) {
        append(group, unit);
      }
      continue;
    }
    const afterHeading = group.headingsOnly ? group.tokens + 1 : 0;
    const room = Math.max(maxTokens - afterHeading, maxTokens / 2);
    for (const unit of fit(block, whole, room, countTokens)) {
      if (group.tokens + costIn(group, unit) > maxTokens) {
        const before = group;
        group = emptyGroup(before.path);
        for (const again of overlap(before, unit, limits)) append(group, again);
        if (before.units.length > 0) yield before;
      }
      append(group, unit);
      group.headingsOnly = false;
    }
  }
  if (group.units.length > 0) yield group;
}

function emptyGroup(path: string[]): Group {
  return { path, units: [], tokens: 0, headingsOnly: false };
}

function append(group: Group, unit: Unit): void {
  group.tokens += costIn(group, unit);
  group.units.push(unit);
}

function costIn(group: Group, unit: Unit): number {
  return group.units.length === 0
    ? unit.tokens + (unit.header?.tokens ?? 0)
    : unit.tokens + (unit.glue.includes("\n") ? 1 : 0);
}

/** The group's last units that fit into the overlap and, with it, leave room for the unit that comes next. */
function overlap(group: Group, next: Unit, limits: Limits): Unit[] {
  const repeated: Unit[] = [];
  const room = limits.maxTokens - next.tokens - 1;
  let tokens = 0;
  for (let i = group.units.length - 1; i > 0; i--) {
    const unit = group.units[i];
    tokens += unit.tokens + (unit.header?.tokens ?? 0) + 1;
    if (tokens > Math.min(limits.overlapTokens, room)) break;
    repeated.unshift(unit);
  }
  return repeated;
}

/** Joins neighbours that are both below the minimum, if they are one section or sections of the same parent. */
function* mergeSmall(
  groups: Iterable<Group>,
  limits: Limits,
): Generator<Group> {
  let last: Group | undefined;
  for (const group of groups) {
    if (last && bothSmall(last, group, limits) && related(last, group)) {
      for (const unit of group.units) append(last, unit);
      last.path = commonPath(last.path, group.path);
    } else {
      if (last) yield last;
      last = group;
    }
  }
  if (last) yield last;
}

function bothSmall(a: Group, b: Group, limits: Limits): boolean {
  return Math.max(a.tokens, b.tokens) < limits.minTokens &&
    a.tokens + b.tokens < limits.maxTokens;
}

function related({ path: a }: Group, { path: b }: Group): boolean {
  return commonPath(a, b).length >= Math.min(a.length, b.length) - 1;
}

function commonPath(a: string[], b: string[]): string[] {
  const end = a.findIndex((title, i) => title !== b[i]);
  return end === -1 ? a : a.slice(0, end);
}

type Rendered = Omit<Chunk, "ord" | "page"> & { at: number };

/** The units as one chunk; as several in the rare case that the estimate was too low. */
function render(units: Unit[], path: string[], limits: Limits): Rendered[] {
  const { maxTokens, countTokens } = limits;
  const [first, ...others] = units;
  const { at } = first;
  if (others.length === 0 && !first.header && first.tokens <= maxTokens) {
    return [{ text: first.text, headingPath: path, tokens: first.tokens, at }];
  }
  const beginning = first.header
    ? `${first.header.text}\n${first.text}`
    : first.text;
  const text = beginning +
    others.map((unit) => unit.glue + unit.text).join("");
  const tokens = countTokens(text);
  if (tokens <= maxTokens) return [{ text, headingPath: path, tokens, at }];

  const middle = units.length >> 1;
  const parts = middle > 0
    ? [units.slice(0, middle), units.slice(middle)]
    : cutUnit(first, limits).map((piece) => [piece]);
  return parts.flatMap((part) => render(part, path, limits));
}

/** The unit without its repeated header, in as many pieces as the limit asks for. */
function cutUnit(unit: Unit, { maxTokens, countTokens }: Limits): Unit[] {
  let { at } = unit;
  return [...splitByTokens(unit.text, maxTokens, countTokens)]
    .map((text) => {
      const piece = { text, at, glue: "", tokens: countTokens(text) };
      at += text.length;
      return piece;
    })
    .filter((piece) => piece.text.trim() !== "");
}
