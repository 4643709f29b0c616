import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { createProgram } from "./program.ts";

it("the README lists all commands", async () => {
  const readme = await readFile(
    new URL("../../../README.md", import.meta.url),
    "utf8",
  );
  const chapter = readme.split(/^## /m).find((part) =>
    part.startsWith("Operate\n")
  )!;
  const [table] = /^\| command [\s\S]*?\n\n/m.exec(chapter)!;
  const listed = [...table.matchAll(/^\| (`[^|]*`) +\|/gm)]
    .flatMap(([, cell]) => [...cell.matchAll(/`([a-z-]+)/g)])
    .map(([, name]) => name);
  const program = createProgram(() => () => Promise.resolve(), () => {});
  const names = program.commands.map((command) => command.name());
  expect(listed.toSorted()).toEqual(names.toSorted());
  expect(chapter).toContain("](docs/runbook.md)");
});
