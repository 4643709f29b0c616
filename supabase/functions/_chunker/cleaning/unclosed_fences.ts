import { fencedLines, fenceOn } from "../fences.ts";

/**
 * Closes the fence that a page leaves open, so that its code ends there: before the first heading between blank lines
 * with prose below, as headings have it and comments of code seldom do; else with the page.
 */
export function closeFence(text: string): string {
  const lines = text.split("\n");
  const { open, openedAt } = fencedLines(lines);
  if (!open) return text;
  const resumed = lines.findIndex((_, i) => i > openedAt + 1 && isSection(lines, i));
  const end = resumed === -1 ? lines.length : resumed;
  const code = lines.slice(0, end).join("\n").trimEnd();
  const rest = lines.slice(end).join("\n");
  return `${code}\n${open.marker}\n\n${resumed === -1 ? "" : closeFence(rest)}`;
}

function isSection(lines: string[], at: number): boolean {
  const blank = (line: string | undefined) => line?.trim() === "";
  return /^#{1,6} \S/.test(lines[at]) && blank(lines[at - 1]) &&
    blank(lines[at + 1]) && /^[\p{Lu}\p{Lo}#|*-]/u.test(lines[at + 2] ?? "");
}

/**
 * Opens a fence at the top of each page that continues the code of the page before: that page leaves a fence open, and
 * this page's first fence is bare and surplus.
 */
export function continueFences(pages: string[]): string[] {
  let open: ReturnType<typeof fencedLines>["open"];
  return pages.map((page) => {
    const lines = page.split("\n");
    const first = lines.map(fenceOn).find((fence) => fence !== undefined);
    const alone = fencedLines(lines);
    const continues = open && alone.open && first?.info === "" &&
      first.marker[0] === open.marker[0];
    const text = continues ? `${open!.marker}\n${page}` : page;
    open = continues ? fencedLines(text.split("\n")).open : alone.open;
    return text;
  });
}
