import { contextOf, embeddedText } from "./context.ts";
import type { Slice } from "./passage_slices.ts";
import { type CountTokens, cut, fit, type Unit } from "./units.ts";

/** A chunk without its position in the document. */
export interface Passed {
  text: string;
  context: string;
  headingPath: string[];
  pageFrom: number | null;
  pageTo: number | null;
  pageOffsets: number[];
  tokens: number;
}

export interface Limits {
  maxTokens: number;
  countTokens: CountTokens;
}

/** Units that may become one chunk. `tokens` is an estimate: the sum of the units', counted one by one. */
interface Group {
  units: Unit[];
  tokens: number;
}

/** Cuts a passage into chunks of at most `maxTokens` tokens with their context; blocks stay whole if they fit. */
export function* chunkPassage(
  slice: Slice,
  title: string | null,
  limits: Limits,
): Generator<Passed> {
  const { maxTokens, countTokens } = limits;
  const { path, headings, isFirst } = slice;
  const context = (shown: number) => contextOf(title, path, shown, maxTokens, countTokens);
  const beginning = context(isFirst ? headings : 0);
  const further = context(0);
  const roomAfter = (context: string) => maxTokens - (context === "" ? 0 : countTokens(context) + 2);
  const rooms = { first: roomAfter(beginning), further: roomAfter(further) };
  let isBeginning = true;
  for (const { units } of groups(slice, rooms, countTokens)) {
    yield* render(units, isBeginning ? beginning : further, path, limits);
    isBeginning = false;
  }
}

/** Fills group after group; a new one begins when the next unit would exceed the limit. */
function* groups(
  { blocks, headings, isFirst }: Slice,
  rooms: { first: number; further: number },
  countTokens: CountTokens,
): Generator<Group> {
  let group: Group = { units: [], tokens: 0 };
  let room = rooms.first;
  for (const [i, block] of blocks.entries()) {
    // Headings stay with the beginning of the text below, as long as it fits.
    const isAfterHeading = isFirst && i === headings && i > 0;
    const taken = isAfterHeading && group.tokens <= room / 2 ? group.tokens + 1 : 0;
    const most = Math.min(room, rooms.further) - taken;
    for (const unit of fit(block, most, countTokens)) {
      if (group.units.length > 0 && group.tokens + costIn(group, unit) > room) {
        yield group;
        group = { units: [], tokens: 0 };
        room = rooms.further;
      }
      group.tokens += costIn(group, unit);
      group.units.push(unit);
    }
  }
  if (group.units.length > 0) yield group;
}

function costIn({ units }: Group, unit: Unit): number {
  const last = units.at(-1);
  const frame = unit.frame && unit.frame !== last?.frame ? unit.frame.tokens : 0;
  const glue = last && unit.glue.includes("\n") ? 1 : 0;
  return unit.tokens + frame + glue;
}

/** The units as one chunk, or as several if the estimate was too low, which is rare. */
function render(
  units: Unit[],
  context: string,
  headingPath: string[],
  limits: Limits,
): Passed[] {
  const { maxTokens, countTokens } = limits;
  const { text, turns } = assemble(units);
  const tokens = countTokens(embeddedText({ context, text }));
  if (tokens <= maxTokens) {
    return [{ text, context, headingPath, ...pagesOf(text, turns), tokens }];
  }
  const middle = units.length >> 1;
  const room = maxTokens - (tokens - countTokens(text));
  const parts = middle > 0 ? [units.slice(0, middle), units.slice(middle)] : cut(
    units[0],
    Math.max(1, Math.min(room, units[0].tokens - 1)),
    countTokens,
  )
    .map((unit) => [unit]);
  return parts.flatMap((part) => render(part, context, headingPath, limits));
}

/** The units' text with their frames, and the offsets at which pages begin. */
function assemble(
  units: Unit[],
): { text: string; turns: { at: number; page: number | null }[] } {
  let text = "";
  const turns: { at: number; page: number | null }[] = [];
  for (const [i, unit] of units.entries()) {
    const { frame } = unit;
    const before = units[i - 1];
    const isFramed = frame !== undefined && before?.frame === frame;
    if (before && !isFramed && before.frame) text += before.frame.close;
    if (before) text += frame && !isFramed ? "\n\n" : unit.glue;
    if (frame && !isFramed) text += frame.open;
    const start = text.length;
    if (unit.page !== (turns.at(-1)?.page ?? null)) {
      turns.push({ at: turns.length === 0 ? 0 : start, page: unit.page });
    }
    turns.push(...unit.turns.map(({ at, page }) => ({ at: start + at, page })));
    text += unit.text;
  }
  text += units.at(-1)?.frame?.close ?? "";
  return { text, turns };
}

function pagesOf(
  text: string,
  turns: { at: number; page: number | null }[],
): Pick<Passed, "pageFrom" | "pageTo" | "pageOffsets"> {
  if (turns.length === 0) {
    return { pageFrom: null, pageTo: null, pageOffsets: [] };
  }
  return {
    pageFrom: turns[0].page,
    pageTo: turns.at(-1)!.page,
    // In code points, as Postgres counts characters.
    pageOffsets: turns.map(({ at }) => [...text.slice(0, at)].length),
  };
}
