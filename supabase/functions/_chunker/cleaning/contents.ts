import { fencedLines } from "../fences.ts";

/** What a table of contents, of figures or of tables is called. */
const NAMES = new RegExp(
  "^(?:(?:table of )?contents|contents of this (?:manual|document|guide|book)|toc|(?:list|table) of (?:figures|tables|illustrations|contents)" +
    "|inhalt|inhaltsverzeichnis|inhaltsübersicht|(?:abbildungs|tabellen)verzeichnis" +
    "|sommaire|table des (?:matières|figures|tableaux|illustrations)|liste des (?:figures|tableaux)" +
    "|índice|indice|índice (?:general|de (?:contenidos?|figuras|tablas))|(?:tabla de )?contenidos?|sumário|sumario|conteúdo|sommario|indice (?:generale|delle (?:figure|tabelle))" +
    "|inhoud|inhoudsopgave|spis treści|obsah|innehåll|innehållsförteckning|indhold|indholdsfortegnelse|innhold|sisällys|sisällysluettelo|tartalom(?:jegyzék)?|cuprins|içindekiler" +
    "|содержание|оглавление|зміст|目录|目錄|目次|もくじ|차례|목차|المحتويات|فهرس|תוכן(?: העניינים)?)$",
  "u",
);

/** A page number at a line's end, behind a leader or on its own; `iv`, `A-3` and `2-14` number pages too. */
const NUMBERED = /\s(\d{1,4}|[ivxlc]{1,7}|[A-Z]?\d{0,2}-\d{1,3})$/;
const LED =
  /(?:(?:[.·•…_‥]\s?){3,}|…|\t)\s*(?:\d{1,4}|[ivxlc]{1,7}|[A-Z]?\d{0,2}-\d{1,3})$/;
const LINKED = /^\[.{1,300}\]\(#[^)\s]{0,300}\)(?:\s?[.…\s]*\d{0,4})$/;
/** UTF-16 units. A longer line is a paragraph. */
const LONGEST = 250;
/** Entries below which lines are no contents but an enumeration. */
const FEWEST = 3;

interface Line {
  kind: "blank" | "name" | "entry" | "heading" | "rule" | "other";
  /** What an entry announces, as headings are compared. */
  title: string;
  /** The page number of an entry with a leader. */
  led: number | null;
}

/**
 * The pages without tables of contents: they name every section and hold none. Those below a heading that says so, and those
 * whose entries, led by dots to ascending page numbers, stand as lines of their own elsewhere. A menu's prices stay: they
 * have no such heading, do not name sections, are no whole numbers in ascending order.
 */
export function removeContents(pages: string[]): string[] {
  if (!pages.some((page) => mayHaveContents(page))) return pages;
  const titles = titlesOf(pages);
  let continues = false;
  return pages.map((page) => {
    if (page.trim() === "") return page;
    const isCandidate = continues || mayHaveContents(page);
    const found = isCandidate
      ? withoutContents(page, titles, continues)
      : { text: page, continues: false };
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
  const lines = texts.map((text, i): Line =>
    fenced[i] ? { kind: "other", title: "", led: null } : read(text, titles)
  );
  const removed = new Set<number>();
  let last = -1;
  for (let i = 0; i < lines.length; i++) {
    const isTop = continued &&
      lines.slice(0, i).every(({ kind }) => kind === "blank");
    const begins = lines[i].kind === "name" ||
      (lines[i].kind === "entry" && (isTop || lines[i].led !== null));
    if (!begins) continue;
    const end = endOfContents(lines, i);
    if (isContents(lines.slice(i, end), titles, isTop)) {
      for (let line = i; line < end; line++) removed.add(line);
      last = end;
    }
    i = Math.max(i, end - 1);
  }
  if (removed.size === 0) return { text: page, continues: false };
  return {
    text: texts.filter((_, i) => !removed.has(i)).join("\n"),
    // Contents that reach the page's end may go on over it.
    continues: lines.slice(last).every(({ kind }) => kind === "blank"),
  };
}

/** After the last entry that is not cut off from those before: by a heading, by more than a wrapped title, by a title that came already. */
function endOfContents(lines: Line[], from: number): number {
  const seen = new Set<string>();
  let end = from + 1;
  let others = 0;
  for (let i = from; i < lines.length; i++) {
    const { kind, title } = lines[i];
    if (kind === "blank" || kind === "rule") continue;
    if (i > from && (kind === "heading" || kind === "name")) break;
    if (kind === "other" && ++others > 2) break;
    if (kind === "entry") {
      if (seen.has(title)) break;
      seen.add(title);
      others = 0;
      end = i + 1;
    }
  }
  return end;
}

function isContents(
  lines: Line[],
  titles: Map<string, number>,
  isTop: boolean,
): boolean {
  const entries = lines.filter(({ kind }) => kind === "entry");
  const others = lines.filter(({ kind }) => kind === "other");
  if (entries.length < 2 || others.length > entries.length * 2 / 3) {
    return false;
  }
  if (isTop || lines[0].kind === "name") return true;
  if (entries.length < FEWEST) return false;
  const numbers = entries.flatMap(({ led }) => led ?? []);
  const ascend = numbers.every((number, i) =>
    i === 0 || number >= numbers[i - 1]
  );
  const elsewhere = entries.filter(({ title }) => (titles.get(title) ?? 0) > 1);
  return ascend && numbers.length >= entries.length / 2 &&
    elsewhere.length >= entries.length / 2;
}

function read(text: string, titles: Map<string, number>): Line {
  const line = (kind: Line["kind"], title = "", led: number | null = null) => ({
    kind,
    title,
    led,
  });
  if (text.length > LONGEST * 2) return line("other");
  const bare = content(text);
  if (text.trim() === "") return line("blank");
  if (/^[|:\s-]+$/.test(text)) return line("rule");
  if (isName(text)) return line("name");
  if (/^#{1,6}\s/.test(text)) return line("heading");
  if (bare.length > LONGEST) return line("other");
  const title = titleOf(bare);
  if (LED.test(bare)) return line("entry", title, pageIn(bare));
  if (LINKED.test(bare)) return line("entry", title);
  const isEntry = NUMBERED.test(bare) ||
    (title !== "" && (titles.get(title) ?? 0) > 1);
  return line(isEntry && !/[.!?]$/.test(bare) ? "entry" : "other", title);
}

function isName(line: string): boolean {
  return NAMES.test(
    line.toLowerCase().replace(/^[\s#*_\d.)|]+|[\s*_:#|]+$/g, ""),
  );
}

/** How often each short line's title stands in the document. An entry that is a section's title stands there twice. */
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

/** The line without the marks of lists, tables and emphasis around it. */
function content(line: string): string {
  return line.replace(/^[\s|>*+#-]+|[\s|*_]+$/g, "")
    .replace(/\s*\|\s*/g, " ").replace(/(?<!\])\*\*/g, "");
}

/** The title in an entry or heading: no leader, page number, numbering, link. */
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

function pageIn(bare: string): number {
  const number = /(\d{1,4})$/.exec(bare);
  return number ? Number(number[1]) : 0;
}
