import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";

const read = (path: string) => readFile(new URL(`../${path}`, import.meta.url), "utf8");

describe("docs/threat-model.md", () => {
  it("links an existing test for each threat", async () => {
    const document = await read("docs/threat-model.md");
    const threats = document.slice(document.indexOf("## Threats"));
    const rows = threats.split("\n").filter((line) => /^\| /.test(line) && !/^\| (-+|threat) /.test(line));
    expect(rows.length).toBeGreaterThan(20);
    for (const row of rows) {
      const shown = row.split("|").at(-2)!;
      const links = [...shown.matchAll(/\]\(([^)#]+)\)/g)];
      expect([row, links.length > 0]).toEqual([row, true]);
      for (const [, link] of links) {
        expect([link, /(tests?\/|\.test\.(ts|sql)$)/.test(link)])
          .toEqual([link, true]);
      }
    }
  });
});
