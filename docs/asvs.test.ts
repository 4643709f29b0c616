import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";

const read = (path: string) => readFile(new URL(`../${path}`, import.meta.url), "utf8");

describe("docs/asvs.md", () => {
  const FINDINGS = [
    "covered",
    "documented",
    "platform",
    "not applicable",
    "accepted",
    "open",
  ];
  const readRows = async () =>
    [...(await read("docs/asvs.md")).matchAll(/^\| (\d+\.\d+\.\d+) .*\|$/gm)]
      .map(([row, number]) => {
        const [level, _asks, finding, why] = row.split("|").slice(2)
          .map((cell) => cell.trim());
        return { number, level, finding, why };
      });

  it("lists each requirement of levels 1 and 2 once", async () => {
    const rows = await readRows();
    const numbers = rows.map(({ number }) => number);
    expect(new Set(numbers).size).toBe(numbers.length);
    // Of version 5.0.0, in the chapters that the page names.
    const count = (of: string) => rows.filter((row) => row.level === of).length;
    expect([count("1"), count("2")]).toEqual([36, 92]);
  });

  it("links a test for each covered requirement, a page for each platform one, and names each open one", async () => {
    const page = await read("docs/asvs.md");
    const open = page.slice(page.indexOf("## Open"));
    for (const { number, level, finding, why } of await readRows()) {
      expect([number, FINDINGS]).toEqual([
        number,
        expect.arrayContaining([finding]),
      ]);
      if (level === "3") expect([number, finding]).toEqual([number, "covered"]);
      const tests = /\]\(\S+\.test\.(ts|sql)\)/.test(why);
      if (finding === "covered") {
        expect([number, tests]).toEqual([number, true]);
      }
      const elsewhere = why.includes("](https://");
      if (finding === "platform") {
        expect([number, elsewhere]).toEqual([number, true]);
      }
      expect([number, why === ""]).toEqual([number, false]);
      if (finding === "open") expect(open).toContain(number);
    }
  });
});
