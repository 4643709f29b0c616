import { describe, expect, it } from "vitest";
import { REPOSITORY } from "../repository.ts";
import { circlesOf, covers, type Import, importsOf, isTest, placeOf, sourcesBelow } from "./imports.ts";
import { PLACES } from "./places.ts";

const TREES = ["client", "console", "scripts", "supabase/functions", "supabase/tests"];
const sources = TREES.flatMap((tree) => sourcesBelow(REPOSITORY, tree));
const imports = sources.flatMap((path) => importsOf(path, Deno.readTextFileSync(`${REPOSITORY}/${path}`)));
const product = imports.filter(({ from }) => !isTest(from));
const between = product.map((each) => ({
  ...each,
  places: [placeOf(each.from, PLACES), placeOf(each.to, PLACES)] as const,
})).filter(({ places: [from, to] }) => from !== to);

const show = ({ from, to }: Import) => `${from} imports ${to}`;

describe("the project's imports", () => {
  it("belong to places that the table names", () => {
    const strangers = sources.filter((path) => !isTest(path) && placeOf(path, PLACES) === undefined);
    expect(strangers).toEqual([]);
    expect(between.length).toBeGreaterThan(300);
  });

  it("are ones that the table allows", () => {
    const undeclared = between.filter(({ to, places: [from, place] }) =>
      !PLACES[from!].imports.some((entry) => covers(entry, place!, to))
    );
    expect(undeclared.map(show)).toEqual([]);
  });

  it("need every permission of the table", () => {
    const unused = Object.entries(PLACES).flatMap(([place, { imports }]) =>
      imports.filter((entry) =>
        !between.some(({ to, places: [from, other] }) => from === place && covers(entry, other!, to))
      ).map((entry) => `${place} need not import ${entry}`)
    );
    expect(unused).toEqual([]);
  });

  it("form no circle between places", () => {
    const edges = between.map(({ places: [from, to], ...each }) => ({
      from: from!,
      to: to!,
      shown: show(each),
    }));
    const circles = circlesOf(edges);
    expect(circles.map((edges) => edges.map(({ shown }) => shown))).toEqual([]);
  });

  it("form no circle between files, types aside", () => {
    const circles = circlesOf(product.filter(({ isTypeOnly }) => !isTypeOnly));
    expect(circles.map((edges) => edges.map(show))).toEqual([]);
  });

  it("lead from no product file to a test", () => {
    // The generator reads the OpenAPI document of an API over doubles.
    const toTests = product.filter(({ from, to }) => isTest(to) && placeOf(from, PLACES) !== "scripts/dev/generate");
    expect(toTests.map(show)).toEqual([]);
  });

  it("lead from no product function to a script", () => {
    const toScripts = product.filter(({ from, to }) =>
      from.startsWith("supabase/functions/") && !to.startsWith("supabase/")
    );
    expect(toScripts.map(show)).toEqual([]);
  });
});

describe("the reader of import statements", () => {
  const read = (source: string) => importsOf("scripts/a/b.ts", source);

  it("finds each kind of statement", () => {
    const source = [
      `import { one } from "./one.ts";`,
      `import type { Two } from "../two.ts";`,
      `import {\n  type Three,\n  three,\n} from "../../client/three.ts";`,
      `import { type Four } from "./four.ts";`,
      `import "./five.mjs";`,
      `export { six } from "./six.ts";`,
      `export * from "./seven.ts";`,
      `const eight = await import("./eight.ts");`,
    ].join("\n");
    expect(read(source)).toEqual([
      { from: "scripts/a/b.ts", to: "scripts/a/one.ts", isTypeOnly: false },
      { from: "scripts/a/b.ts", to: "scripts/two.ts", isTypeOnly: true },
      { from: "scripts/a/b.ts", to: "client/three.ts", isTypeOnly: false },
      { from: "scripts/a/b.ts", to: "scripts/a/four.ts", isTypeOnly: true },
      { from: "scripts/a/b.ts", to: "scripts/a/five.mjs", isTypeOnly: false },
      { from: "scripts/a/b.ts", to: "scripts/a/six.ts", isTypeOnly: false },
      { from: "scripts/a/b.ts", to: "scripts/a/seven.ts", isTypeOnly: false },
      { from: "scripts/a/b.ts", to: "scripts/a/eight.ts", isTypeOnly: false },
    ]);
  });

  it("skips packages, data and words that look like an import", () => {
    const source = [
      `import { z } from "zod";`,
      `import manifest from "../package.json" with { type: "json" };`,
      `// import { one } from "./one.ts";`,
      `export const from = "./two.ts";`,
    ].join("\n");
    expect(read(source)).toEqual([]);
  });

  it("finds the circle that three files form, and none in a diamond", () => {
    const edge = (from: string, to: string) => ({ from, to });
    const circle = [edge("a", "b"), edge("b", "c"), edge("c", "a")];
    expect(circlesOf([...circle, edge("c", "d")])).toEqual([circle]);
    expect(circlesOf([
      edge("a", "b"),
      edge("a", "c"),
      edge("b", "d"),
      edge("c", "d"),
    ])).toEqual([]);
  });

  it("takes the longest place that holds a file", () => {
    expect(placeOf("scripts/dev/run.mjs", PLACES)).toBe("scripts/dev/run.mjs");
    expect(placeOf("scripts/dev/command.ts", PLACES)).toBe("scripts/dev");
    expect(placeOf("scripts/dev/terminal/screen.ts", PLACES))
      .toBe("scripts/dev/terminal");
    expect(placeOf("scripts/other.ts", PLACES)).toBeUndefined();
  });
});
