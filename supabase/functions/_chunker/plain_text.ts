import type { Block } from "./blocks.ts";
import type { Page } from "./pages.ts";

/** A page of plain text, without markup, so that `#` begins no heading; blank lines separate paragraphs. */
export function readPlainText({ text, number }: Page): Block[] {
  const blocks: Block[] = [];
  let lines: string[] = [];
  // A blank line after the last ends the last paragraph.
  for (const line of [...text.split("\n"), ""]) {
    if (line.trim() !== "") lines.push(line);
    else if (lines.length > 0) {
      const paragraph = lines.join("\n").trimEnd();
      blocks.push({ kind: "prose", text: paragraph, page: number, turns: [] });
      lines = [];
    }
  }
  return blocks;
}

/** A page with too many lines to examine one by one. */
export function linesAsBlock({ text, number }: Page): Block[] {
  const lines = text.trimEnd();
  return lines === "" ? [] : [{ kind: "lines", text: lines, page: number, turns: [] }];
}
