import { readdir, readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";

const root = new URL("./", import.meta.url);

/** The rows of README.md: a folder, and the folders or files that it may import. */
const rules = [
  ...(await readFile(new URL("README.md", root), "utf8")).matchAll(
    /^\| \[\\?(\w+)\].*\| ([^|]*)\|$/gm,
  ),
].map(([, folder, allowed]) => ({
  folder,
  allowed: [...allowed.matchAll(/`([\w./]+)`/g)].map(([, name]) => name),
}));

/** The product's files of a folder: tests and their doubles may import everything. */
async function sourcesIn(folder: string): Promise<URL[]> {
  const base = new URL(`${folder}/`, root);
  return (await readdir(base, { recursive: true }))
    .filter((path) => /(?<!\.test)\.ts$/.test(path))
    .filter((path) => !path.split("/").includes("testing"))
    .map((path) => new URL(path, base));
}

/** The files outside a folder that its files import, as paths from here. */
async function importsOf(folder: string): Promise<string[]> {
  const imported = new Set<string>();
  for (const source of await sourcesIn(folder)) {
    const text = await readFile(source, "utf8");
    for (
      const [, specifier] of text.matchAll(
        /(?:from|import)\s*\(?\s*"(\.[^"]+)"/g,
      )
    ) {
      const { pathname } = new URL(specifier, source);
      const path = pathname.startsWith(root.pathname)
        ? pathname.slice(root.pathname.length)
        : pathname;
      if (!path.startsWith(`${folder}/`)) imported.add(path);
    }
  }
  return [...imported];
}

describe("README.md", () => {
  it("has a rule for every folder", async () => {
    const folders = (await readdir(root, { withFileTypes: true }))
      .filter((entry) => entry.isDirectory() && entry.name !== "_built")
      .map(({ name }) => name);
    expect(rules.map(({ folder }) => folder).toSorted())
      .toEqual(folders.toSorted());
  });

  it.each(rules)(
    "lists the imports of $folder, and none that it does not need",
    async ({ folder, allowed }) => {
      const imports = await importsOf(folder);
      const covers = (rule: string) => (path: string) =>
        path === rule || path.startsWith(`${rule}/`);
      const forbidden = imports.filter((path) =>
        !allowed.some((rule) => covers(rule)(path))
      );
      const needless = allowed.filter((rule) => !imports.some(covers(rule)));
      expect([folder, forbidden, needless]).toEqual([folder, [], []]);
    },
  );
});
