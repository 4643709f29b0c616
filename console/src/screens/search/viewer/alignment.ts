/** A stretch of letters that two texts have in common. */
export interface Match {
  /** Where it begins in the passage, and in the page. */
  passage: number;
  page: number;
  length: number;
}

interface Area {
  passageFrom: number;
  passageTo: number;
  pageFrom: number;
  pageTo: number;
}

/** Letters in a row that two texts hardly share by chance. */
const SEED = 8;
/** Enough of them between stretches that have been found already. */
const SHORT_SEED = 4;
/** A stretch that occurs more often in the page says nothing about where the passage is. */
const MOST_OCCURRENCES = 16;
/** Letters that a stretch must have more of to count, if it is far from those before. */
const FURTHEST = 2 * SEED;
/** The share of the passage that long seeds must find: below it, short ones would only add what is there by chance. */
const SMALLEST_CHAIN = 0.25;
/** The longest stretches that are considered: bounds the work on a hostile page. */
const MOST_MATCHES = 600;
/** A gap in which short seeds are looked for: in a wider one they would be found by chance. */
const WIDEST_GAP = 400;
/** Letters of a stretch that stands in another order than in the passage, as columns of a table may. */
const SHORTEST_MOVED = 12;
/** Letters that may differ between two found stretches: what a font lacks, or a parser corrected. */
const MOST_DIFFERENT = 4;

/**
 * Where the page has the passage: stretches that both have, by their place in the passage. Both are letters only.
 * @param begins for each letter of the passage, whether a word begins there
 */
export function align(passage: string, begins: boolean[], page: string): Match[] {
  if (passage.length < SEED) {
    // So few letters are certain only where they are all there, and once.
    const at = page.indexOf(passage);
    const isUnique = passage.length > 0 && at !== -1 && page.indexOf(passage, at + 1) === -1;
    return isUnique ? [{ passage: 0, page: at, length: passage.length }] : [];
  }
  const whole = { passageFrom: 0, passageTo: passage.length, pageFrom: 0, pageTo: page.length };
  const candidates = commonStretches(passage, page, whole, SEED);
  const chain = bestChain(candidates, begins);
  if (chain.reduce((sum, { length }) => sum + length, 0) < SMALLEST_CHAIN * passage.length) return [];
  const moved = movedStretches(candidates, chain, passage.length);
  return joined([...chain, ...withinGaps(passage, begins, page, chain, moved), ...moved], page.length);
}

/** All stretches of at least `seed` letters that two areas have in common, the longest first. */
function commonStretches(passage: string, page: string, area: Area, seed: number): Match[] {
  const places = new Map<string, number[]>();
  for (let at = area.pageFrom; at + seed <= area.pageTo; at++) {
    const letters = page.slice(at, at + seed);
    const known = places.get(letters);
    if (!known) places.set(letters, [at]);
    else if (known.length <= MOST_OCCURRENCES) known.push(at);
  }
  const found: Match[] = [];
  /** The last stretch with the same distance between its places. */
  const open = new Map<number, Match>();
  for (let at = area.passageFrom; at + seed <= area.passageTo; at++) {
    const known = places.get(passage.slice(at, at + seed));
    if (!known || known.length > MOST_OCCURRENCES) continue;
    for (const place of known) {
      const last = open.get(place - at);
      if (last && last.passage + last.length >= at + seed - 1) last.length = at + seed - last.passage;
      else {
        const match = { passage: at, page: place, length: seed };
        open.set(place - at, match);
        found.push(match);
      }
    }
  }
  return found.sort((one, other) => other.length - one.length).slice(0, MOST_MATCHES);
}

/** The stretches that together have the most letters, in the same order in both texts, and near each other. */
function bestChain(candidates: Match[], begins: boolean[]): Match[] {
  const matches = [...candidates].sort((one, other) => one.passage - other.passage || one.page - other.page);
  const scores: number[] = [];
  const before: number[] = [];
  let best = -1;
  for (const [i, match] of matches.entries()) {
    scores[i] = match.length;
    before[i] = -1;
    for (let j = 0; j < i; j++) {
      const earlier = matches[j];
      const passageGap = match.passage - (earlier.passage + earlier.length);
      const pageGap = match.page - (earlier.page + earlier.length);
      const overlap = Math.max(0, -passageGap, -pageGap);
      if (overlap >= match.length || earlier.passage >= match.passage || earlier.page >= match.page) continue;
      const score = scores[j] + match.length - overlap - Math.min(FURTHEST, Math.abs(pageGap - passageGap) / 20);
      if (score > scores[i]) {
        scores[i] = score;
        before[i] = j;
      }
    }
    if (best === -1 || scores[i] > scores[best]) best = i;
  }
  const chain: Match[] = [];
  for (let i = best; i !== -1; i = before[i]) {
    const match = { ...matches[i] };
    if (chain[0]) part(match, chain[0], begins);
    if (match.length > 0) chain.unshift(match);
  }
  return chain;
}

/** Gives what two stretches share to one of them: up to the beginning of a word to the earlier, the rest to the later. */
function part(earlier: Match, later: Match, begins: boolean[]): void {
  const shared = Math.max(earlier.passage + earlier.length - later.passage, endOf(earlier) - later.page);
  for (let shift = 0; shift <= shared && shift < later.length; shift++) {
    if (!begins[later.passage + shift]) continue;
    later.passage += shift;
    later.page += shift;
    later.length -= shift;
    break;
  }
  earlier.length = Math.min(earlier.length, later.passage - earlier.passage, later.page - earlier.page);
}

/** Long stretches near the chain that stand in another order than in the passage. */
function movedStretches(candidates: Match[], chain: Match[], passageLength: number): Match[] {
  const from = chain[0].page - passageLength;
  const to = endOf(chain.at(-1)!) + passageLength;
  const moved: Match[] = [];
  for (const match of candidates) {
    const isNear = match.page >= from && match.page + match.length <= to;
    const isFree = [...chain, ...moved].every((other) =>
      (match.passage >= other.passage + other.length || match.passage + match.length <= other.passage) &&
      (match.page >= endOf(other) || match.page + match.length <= other.page)
    );
    if (match.length >= SHORTEST_MOVED && isNear && isFree) moved.push(match);
  }
  return moved;
}

/** Short stretches between those of the chain, and just before and after it. */
function withinGaps(passage: string, begins: boolean[], page: string, chain: Match[], moved: Match[]): Match[] {
  const found: Match[] = [];
  const taken = (at: number) => moved.some((match) => at >= match.page && at < endOf(match));
  for (let i = 0; i <= chain.length; i++) {
    const earlier = chain[i - 1];
    const later = chain[i];
    const area = {
      passageFrom: earlier ? earlier.passage + earlier.length : 0,
      passageTo: later ? later.passage : passage.length,
      pageFrom: earlier ? endOf(earlier) : 0,
      pageTo: later ? later.page : page.length,
    };
    const width = area.passageTo - area.passageFrom;
    if (width === 0) continue;
    // At the ends of the chain the page goes on without the passage.
    if (!earlier) area.pageFrom = Math.max(area.pageFrom, area.pageTo - width - SEED);
    if (!later) area.pageTo = Math.min(area.pageTo, area.pageFrom + width + SEED);
    if (width > WIDEST_GAP || area.pageTo - area.pageFrom > WIDEST_GAP) continue;
    const between = bestChain(commonStretches(passage, page, area, SHORT_SEED), begins);
    found.push(...between.filter((match) => !taken(match.page) && !taken(endOf(match) - 1)));
  }
  return found;
}

/** In the passage's order; those that only a few differing letters part are one. */
function joined(matches: Match[], pageLength: number): Match[] {
  const sorted = matches.sort((one, other) => one.passage - other.passage);
  const result: Match[] = [];
  for (const match of sorted) {
    const last = result.at(-1);
    const passageGap = last ? match.passage - (last.passage + last.length) : Infinity;
    const pageGap = last ? match.page - endOf(last) : Infinity;
    const isSame = passageGap === pageGap && passageGap <= MOST_DIFFERENT && endOf(match) <= pageLength;
    if (last && isSame) last.length = match.passage + match.length - last.passage;
    else result.push({ ...match });
  }
  return result;
}

function endOf({ page, length }: Match): number {
  return page + length;
}
