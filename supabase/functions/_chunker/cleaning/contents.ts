import { fencedLines } from "../fences.ts";

/** The headings of a table of contents, figures or tables. */
const NAMES = new RegExp(
  "^(?:(?:table of )?contents|contents of this (?:manual|document|guide|book)|toc|(?:list|table) of (?:figures|tables|illustrations|contents)" +
    "|inhalt|inhaltsverzeichnis|inhaltsübersicht|(?:abbildungs|tabellen)verzeichnis" +
    "|sommaire|table des (?:matières|figures|tableaux|illustrations)|liste des (?:figures|tableaux)" +
    "|índice|indice|índice (?:general|de (?:contenidos?|figuras|tablas))|(?:tabla de )?contenidos?|sumário|sumario|conteúdo|sommario|indice (?:generale|delle (?:figure|tabelle))" +
    "|inhoud|inhoudsopgave|spis treści|obsah|innehåll|innehållsförteckning|indhold|indholdsfortegnelse|innhold|sisällys|sisällysluettelo|tartalom(?:jegyzék)?|cuprins|içindekiler" +
    "|содержание|оглавление|зміст|目录|目錄|目次|もくじ|차례|목차|المحتويات|فهرس|תוכן(?: העניינים)?)$",
  "u",
);

/** A page number at a line's end, after a leader or alone; `iv`, `A-3` and `2-14` are page numbers too. */
const NUMBERED = /\s(\d{1,4}|[ivxlc]{1,7}|[A-Z]?\d{0,2}-\d{1,3})$/;
const LED = /(?:(?:[.·•…_‥]\s?){3,}|…|\t)\s*(?:\d{1,4}|[ivxlc]{1,7}|[A-Z]?\d{0,2}-\d{1,3})$/;
const LINKED = /^\[.{1,300}\]\(#[^)\s]{0,300}\)(?:\s?[.…\s]*\d{0,4})$/;
const LEADERS = /(?:[.·•…_‥]\s?){4,}/g;
/**
 * A page number after leaders, which are reduced to one character: otherwise the pattern would retry at each of a
 * thousand dots.
 */
const LED_WITHIN = /\ue000\s*(\d{1,4}|[ivxlc]{1,7})(?![.,\d])/g;
/** UTF-16 units. A longer line is a paragraph. */
const LONGEST = 250;
/** Fewer entries are an enumeration. */
const FEWEST = 3;

interface Line {
  kind: "blank" | "name" | "entry" | "heading" | "rule" | "other" | "prose";
  /** The title of an entry, normalised as headings are. */
  title: string;
  /** The page number of an entry with a leader. */
  led: number | null;
  /** The page number at the line's end, with or without a leader. */
  page: number | null;
}

/** The most lines without a page number between two with one: wrapped titles, parts. */
const WIDEST_GAP = 6;

/**
 * The pages without tables of contents, which name every section and contain none. A table of contents has a heading
 * that says so, or its entries, led by dots to ascending page numbers, occur elsewhere as lines. A menu's prices
 * remain: they have no such heading, name no sections, and are no ascending whole numbers.
 */
export function removeContents(pages: string[]): string[] {
  if (!pages.some((page) => mayHaveContents(page))) return pages;
  const titles = titlesOf(pages);
  let continues = false;
  return pages.map((page) => {
    if (page.trim() === "") return page;
    const isCandidate = continues || mayHaveContents(page);
    const found = isCandidate ? withoutContents(page, titles, continues) : { text: page, continues: false };
    continues = found.continues;
    return found.text;
  });
}

function mayHaveContents(page: string): boolean {
  return /(?:[.·•…_‥]\s?){4}|…|\]\(#/.test(page) ||
    page.split("\n").some((line) => line.length < 60 && isName(line));
}

function withoutContents(
  page: string,
  titles: Map<string, number>,
  continued: boolean,
): { text: string; continues: boolean } {
  const texts = page.split("\n");
  const { fenced } = fencedLines(texts);
  const lines = texts.map((text, i): Line => fenced[i] ? line("other") : read(text, titles));
  const removed = new Set<number>();
  let last = -1;
  const first = lines.findIndex(({ kind }) => kind !== "blank");
  for (let i = first; i < lines.length; i++) {
    const isTop = continued && i === first;
    const isNamed = isTop || lines[i].kind === "name";
    const begins = isNamed ||
      (lines[i].kind === "entry" && lines[i].led !== null);
    if (!begins) continue;
    const dense = isNamed ? endOfNumbered(lines, i) : i;
    const end = Math.max(dense, endOfContents(lines, i));
    if (end === dense || isContents(lines.slice(i, end), titles, isTop)) {
      for (let line = i; line < end; line++) removed.add(line);
      last = end;
    }
    i = Math.max(i, end - 1);
  }
  if (removed.size === 0) return { text: page, continues: false };
  return {
    text: texts.filter((_, i) => !removed.has(i)).join("\n"),
    // A table of contents that reaches the page's end may continue on the next.
    continues: lines.slice(last).every(({ kind }) => kind === "blank"),
  };
}

/** After the last entry before a heading, a gap longer than a wrapped title, or a title that occurred before. */
function endOfContents(lines: Line[], from: number): number {
  const seen = new Set<string>();
  let end = from + 1;
  let others = 0;
  for (let i = from; i < lines.length; i++) {
    const { kind, title } = lines[i];
    if (kind === "blank" || kind === "rule") continue;
    if (i > from && kind === "name") break;
    // A chapter's line among its sections' may be formatted as a heading.
    if (i > from && kind === "heading" && !isPart(lines, i)) break;
    const isOther = kind === "other" || kind === "prose";
    if (isOther && ++others > 2) break;
    if (kind === "entry") {
      if (seen.has(title)) break;
      seen.add(title);
      others = 0;
      end = i + 1;
    }
  }
  return end;
}

/**
 * After the last line with a page number, if at least half of the lines before it have one, ascending; else where the
 * table began.
 */
function endOfNumbered(lines: Line[], from: number): number {
  let end = from;
  let numbered = 0;
  let gap = 0;
  let others = 0;
  let highest = 0;
  for (let i = from; i < lines.length && gap <= WIDEST_GAP; i++) {
    const { kind, page } = lines[i];
    if (kind === "blank" || kind === "rule") continue;
    if (kind === "prose" || (page !== null && page < highest)) break;
    if (page === null) gap++;
    else {
      numbered++;
      others += gap;
      gap = 0;
      highest = page;
      end = i + 1;
    }
  }
  return numbered >= FEWEST && numbered >= others ? end : from;
}

function isPart(lines: Line[], at: number): boolean {
  const next = lines.slice(at + 1, at + 4).find(({ kind }) => kind !== "blank");
  return lines[at].led !== null || (next?.led ?? null) !== null;
}

function isContents(
  lines: Line[],
  titles: Map<string, number>,
  isTop: boolean,
): boolean {
  const entries = lines.filter(({ kind }) => kind === "entry");
  const others = lines.filter(({ kind }) => kind === "other" || kind === "prose");
  if (entries.length < 2 || others.length > entries.length * 2 / 3) {
    return false;
  }
  if (isTop || lines[0].kind === "name") return true;
  if (entries.length < FEWEST) return false;
  const numbers = entries.flatMap(({ led }) => led ?? []);
  const ascend = numbers.every((number, i) => i === 0 || number >= numbers[i - 1]);
  const elsewhere = entries.filter(({ title }) => (titles.get(title) ?? 0) > 1);
  return ascend && numbers.length >= entries.length / 2 &&
    elsewhere.length >= entries.length / 2;
}

function line(
  kind: Line["kind"],
  { title = "", led = null, page = led }: Partial<Omit<Line, "kind">> = {},
): Line {
  return { kind, title, led, page };
}

function read(text: string, titles: Map<string, number>): Line {
  if (text.length > LONGEST * 40) return line("prose");
  const led = [...text.replace(LEADERS, "\ue000").matchAll(LED_WITHIN)]
    .map(([, page]) => Number(page) || 0);
  // Entries that the parser joined into one paragraph.
  if (led.length > 1) {
    return line("entry", { title: text.slice(0, LONGEST), led: led.at(-1) });
  }
  if (text.length > LONGEST * 2) return line("prose");
  if (text.trim() === "") return line("blank");
  if (/^[|:\s-]+$/.test(text)) return line("rule");
  if (isName(text)) return line("name");
  const bare = content(text);
  const title = titleOf(bare);
  const page = NUMBERED.test(bare) ? pageIn(bare) : led.at(0) ?? null;
  if (/^#{1,6}\s/.test(text)) return line("heading", { led: page });
  if (bare.length > LONGEST) return line("prose");
  if (LED.test(bare)) return line("entry", { title, led: pageIn(bare) });
  if (LINKED.test(bare)) return line("entry", { title });
  const isTitle = title !== "" && (titles.get(title) ?? 0) > 1;
  const isEntry = (NUMBERED.test(bare) || isTitle) && !/[.!?]$/.test(bare);
  return line(isEntry ? "entry" : "other", { title, page });
}

function isName(line: string): boolean {
  return NAMES.test(
    line.toLowerCase().replace(/^[\s#*_\d.)|]+|[\s*_:#|]+$/g, ""),
  );
}

/** How often each short line's title occurs in the document. An entry that is a section's title occurs twice. */
function titlesOf(pages: string[]): Map<string, number> {
  const titles = new Map<string, number>();
  for (const page of pages) {
    for (const line of page.split("\n")) {
      if (line.length > LONGEST || line.length < 2) continue;
      const title = titleOf(content(line));
      if (title !== "") titles.set(title, (titles.get(title) ?? 0) + 1);
    }
  }
  return titles;
}

/** The line without list, table and emphasis markup around it. */
function content(line: string): string {
  return line.replace(/^[\s|>*+#-]+|[\s|*_]+$/g, "")
    .replace(/\s*\|\s*/g, " ").replace(/(?<!\])\*\*/g, "");
}

/** The title of an entry or heading, without leader, page number, numbering and link. */
function titleOf(bare: string): string {
  return bare
    .replace(/\]\([^)]{0,300}\)/g, "").replace(/\[/g, "")
    .replace(/(?:[.·•…_‥]\s?){3,}.*$|…\s*\S*$/, "")
    .replace(/\s(?:\d{1,4}|[ivxlc]{1,7})$/, "")
    .replace(
      /^(?:[\dA-Z]{1,2}(?:\.\d{1,3}){0,5}[.)]?|[ivxlc]{1,7}[.)])\s+/i,
      "",
    )
    .replace(/[\s*_`.:]+/g, " ").trim().toLowerCase();
}

/**
 * The page number at the end; 0 for a Roman numeral, which precedes all others.
 */
function pageIn(bare: string): number {
  const number = /(\d{1,4})$/.exec(bare);
  return number ? Number(number[1]) : 0;
}
