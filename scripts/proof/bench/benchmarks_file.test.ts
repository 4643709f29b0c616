import { describe, expect, it } from "vitest";
import { withChapter } from "./benchmarks_file.ts";
import type { Report } from "./report.ts";

function report(name: Report["name"], number: string): Report {
  return {
    name,
    title: `The ${name}`,
    command: `npm run bench -- ${name} --write`,
    environment: {
      date: "2030-01-01",
      processor: "a processor",
      cores: 2,
      memoryGb: 4,
      system: "a system",
      loadBefore: 0,
      versions: { PostgreSQL: "17" },
    },
    sections: [{
      title: "Numbers",
      notes: ["What they are."],
      tables: [{ columns: [{ title: "n" }], rows: [[number]] }],
    }],
  };
}

describe("withChapter", () => {
  it("states what was measured, where, and how to repeat it", () => {
    const text = withChapter("", report("engine", "41"));
    expect(text).toContain("| 41  |");
    expect(text).toContain("- What they are.");
    expect(text).toContain("`npm run bench -- engine --write`, on 2030-01-01");
    expect(text).toContain("PostgreSQL 17");
  });

  it("replaces its chapter and keeps the others", () => {
    const first = withChapter("", report("pipeline", "1"));
    const both = withChapter(first, report("engine", "2"));
    const again = withChapter(both, report("engine", "3"));
    expect(again).toContain("| 1   |");
    expect(again).not.toContain("| 2   |");
    expect(again.indexOf("The engine")).toBeLessThan(
      again.indexOf("The pipeline"),
    );
  });

  it("returns the same text when nothing has changed", () => {
    const text = withChapter("", report("engine", "2"));
    expect(withChapter(text, report("engine", "2"))).toBe(text);
  });
});
