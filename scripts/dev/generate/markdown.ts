/** A table of Markdown; `deno fmt` aligns it. */
export function table(header: string[], rows: string[][]): string {
  return [header, header.map(() => "---"), ...rows]
    .map((cells) => `| ${cells.map(inCell).join(" | ")} |`).join("\n");
}

/** Text that neither ends the cell nor the line. */
function inCell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll(/\s*\n\s*/g, " ").trim();
}

export function code(text: string): string {
  return `\`${text}\``;
}

/** A page that says where its facts are declared. */
export function page(title: string, source: string, ...parts: string[]) {
  return [
    `# ${title}`,
    `<!-- Written by npm run generate from ${source}. Change that, not this page. -->`,
    ...parts,
  ].join("\n\n") + "\n";
}
