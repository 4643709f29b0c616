import { describe, expect, it } from "vitest";
import { convertHtmlTables } from "./html_tables.ts";

const convert = (html: string) => convertHtmlTables(html).trim();

describe("an HTML table", () => {
  it.each([
    [
      "becomes one of Markdown",
      "<table><tr><th>Item</th><th>Price</th></tr>\n<tr><td>Nut</td><td>3 EUR</td></tr></table>",
      "| Item | Price |\n| --- | --- |\n| Nut | 3 EUR |",
    ],
    [
      "takes its first row for the header where it names none",
      "<TABLE><TR><TD>Item<TD>Price<TR><TD>Nut<TD>3</TABLE>",
      "| Item | Price |\n| --- | --- |\n| Nut | 3 |",
    ],
    [
      "joins headings in two rows",
      "<table><thead><tr><td rowspan=2>City</td><td colspan=2>2024</td></tr><tr><td>Q1</td><td>Q2</td></tr></thead><tbody><tr><td>Bonn</td><td>1</td><td>2</td></tr></tbody></table>",
      "| City | 2024 / Q1 | 2024 / Q2 |\n| --- | --- | --- |\n| Bonn | 1 | 2 |",
    ],
    [
      "repeats what spans rows and keeps columns in place",
      "<table><tr><th>A</th><th>B</th><th>C</th></tr><tr><td rowspan='2'>x</td><td colspan='2'>y</td></tr><tr><td>1</td><td>2</td></tr></table>",
      "| A | B | C |\n| --- | --- | --- |\n| x | y |  |\n| x | 1 | 2 |",
    ],
    [
      "keeps the text of nested markup, entities and pipes",
      "<table><tr><th>A</th><th>B</th></tr><tr><td><p>one</p><p><b>two</b> &amp;<br>three | four</p></td><td><table><tr><td>in</td><td>ner</td></tr></table></td></tr></table>",
      "| A | B |\n| --- | --- |\n| one two & three \\| four | ; in ner |",
    ],
    [
      "keeps its caption and the text around it",
      "Before\n<table><caption>Fees</caption><tr><th>A</th><th>B</th></tr><tr><td>1</td><td>2</td></tr></table> after",
      "Before\n\nFees\n\n| A | B |\n| --- | --- |\n| 1 | 2 |\n\nafter",
    ],
    [
      "keeps rows apart that blank lines and indentation divide",
      "<table>\n  <tr><th>A</th><th>B</th></tr>\n\n    <tr><td>1</td><td>2</td></tr>\n\n</table>\n\nText.",
      "| A | B |\n| --- | --- |\n| 1 | 2 |\n\n\nText.",
    ],
    [
      "that is never closed ends before the text",
      "<table>\n<tr><th>A</th><th>B</th></tr>\n<tr><td>1</td><td>2</td></tr>\n\nText.\n\n<b>More</b>",
      "| A | B |\n| --- | --- |\n| 1 | 2 |\n\nText.\n\n<b>More</b>",
    ],
    [
      "that goes on without its tag is one",
      "<tr><td>1</td><td>2</td></tr>\n<tr><td>3</td><td>4</td></tr>\n</table>\n\nText.",
      "| 1 | 2 |\n| --- | --- |\n| 3 | 4 |\n\n\nText.",
    ],
    [
      "of one column is text",
      "<table><tr><td>All of a page</td></tr><tr><td>and more</td></tr></table>",
      "All of a page\n\nand more",
    ],
    [
      "keeps rows that are longer than its header",
      "<table><tr><th>A</th></tr><tr><td>1</td><td>2</td></tr></table>",
      "| A |  |\n| --- | --- |\n| 1 | 2 |",
    ],
  ])("%s", (_, html, markdown) => {
    expect(convert(html)).toBe(markdown);
  });

  it("is separate from others on the same line", () => {
    const table = (cell: string) => `<table><tr><th>A</th><th>B</th></tr><tr><td>${cell}</td><td>2</td></tr></table>`;
    const markdown = (cell: string) => `| A | B |\n| --- | --- |\n| ${cell} | 2 |`;
    expect(convert(`**Fees:** ${table("x")} and ${table("y")}<p>End</p>`))
      .toBe(
        `**Fees:**\n\n${markdown("x")}\n\n\nand\n\n${markdown("y")}\n\n<p>End</p>`,
      );
  });

  it("limits the span of cells", () => {
    const cell = `<td rowspan=1000000 colspan=1000000>${"x".repeat(90)}</td>`;
    const html = `<table>${`<tr>${cell}</tr>`.repeat(500)}</table>`;
    expect(convert(html).length).toBeLessThan(html.length * 4);
  });

  it.each([
    "Use the `<table>` element.",
    "A <table> in prose, and its <tr>.",
    "Use `<table><tr>` here.",
    "```html\n<table><tr><td>a</td></tr></table>\n```",
    "<div>No table</div>",
  ])("is not found in %j", (text) => {
    expect(convertHtmlTables(text)).toBe(text);
  });
});
