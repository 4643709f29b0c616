import { readdir, readFile, stat } from "node:fs/promises";
import { describe, expect, it } from "vitest";

const root = new URL("../", import.meta.url);
const read = (path: string) => readFile(new URL(path, root), "utf8");

/** Not documents: what tests and the evaluation of search read, and what is installed or built. */
const NO_DOCUMENTS = /(^|\/)(node_modules|_built|fixtures|\.stack|\.git)$|eval\/documents$/;

/** Every Markdown file below a folder, by its path from the repository's root. */
async function documentsIn(folder = ""): Promise<string[]> {
  const entries = await readdir(new URL(folder || ".", root), {
    withFileTypes: true,
  });
  const found = await Promise.all(entries.map((entry) => {
    const path = folder + entry.name;
    if (entry.isDirectory()) {
      return NO_DOCUMENTS.test(path) ? [] : documentsIn(`${path}/`);
    }
    return path.endsWith(".md") ? [path] : [];
  }));
  return found.flat();
}
const documents = await documentsIn();
const pages = documents.filter((path) => path.startsWith("docs/"));

const withoutCode = (text: string) => text.replaceAll(/^ *```[^]*?^ *```/gm, "");

/** As GitHub names what a link's `#` leads to. */
const anchorsOf = (text: string) =>
  [...withoutCode(text).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading.toLowerCase().replaceAll(/[^\p{L}\p{N}\p{M}_ -]/gu, "")
      .replaceAll(" ", "-")
  );

/** The links of a document, as paths from the root with their anchors. */
async function linksOf(document: string) {
  return [...withoutCode(await read(document)).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link]) => link)
    .filter((link) => !/^(https?|mailto):/.test(link))
    .map((link) => {
      const target = new URL(link, new URL(document, root));
      const anchor = decodeURIComponent(target.hash.slice(1));
      return {
        link,
        path: target.pathname.slice(root.pathname.length),
        anchor,
      };
    });
}

describe("the documents", () => {
  it.each(documents)("%s has links that lead somewhere", async (document) => {
    for (const { link, path, anchor } of await linksOf(document)) {
      const there = await stat(new URL(path, root)).catch(() => null);
      expect([link, there !== null]).toEqual([link, true]);
      if (!anchor || !path.endsWith(".md")) continue;
      expect([link, anchorsOf(await read(path))]).toEqual([
        link,
        expect.arrayContaining([anchor]),
      ]);
    }
  });

  it("can all be reached from the README", async () => {
    const reached = new Set(["README.md"]);
    for (const document of reached) {
      for (const { path } of await linksOf(document)) {
        if (documents.includes(path)) reached.add(path);
      }
    }
    expect(pages.length).toBeGreaterThan(40);
    expect([...reached]).toEqual(expect.arrayContaining(pages));
  });

  it("begin with a README of at most 10 kB", async () => {
    expect((await stat(new URL("README.md", root))).size)
      .toBeLessThanOrEqual(10_000);
  });

  it("have one title each", async () => {
    for (const page of pages) {
      const titles = withoutCode(await read(page)).match(/^# .+$/gm);
      expect([page, titles?.length]).toEqual([page, 1]);
    }
  });
});

/** The rows of the glossary. */
const readTerms = async () =>
  [...(await read("docs/glossary.md")).matchAll(/^\| (.+) \|$/gm)].slice(2)
    .map(([, row]) => row.split("|").map((cell) => cell.trim()))
    .map(([term, meaning, not]) => ({
      term,
      meaning,
      not: not.split(", ").filter(Boolean),
    }));

describe("the glossary", () => {
  it("has each term once, in alphabetical order", async () => {
    const terms = (await readTerms()).map(({ term }) => term);
    expect(terms.length).toBeGreaterThan(80);
    expect(terms).toEqual(
      [...new Set(terms)].toSorted((a, b) => a.localeCompare(b, "en")),
    );
  });

  it("defines each in one sentence", async () => {
    for (const { term, meaning } of await readTerms()) {
      expect([term, meaning]).toEqual([
        term,
        expect.stringMatching(/^\S[^.]*(\.\S[^.]*)*\.$/),
      ]);
    }
  });

  it("does not replace a term by one that it replaces", async () => {
    const rows = await readTerms();
    const terms = rows.map(({ term }) => term);
    for (const { term, not } of rows) {
      expect([term, not.filter((word) => terms.includes(word))])
        .toEqual([term, []]);
    }
  });
});

describe("the documents' words", () => {
  /** BENCHMARKS.md quotes code. */
  const prose = documents.filter((path) => !/^(BENCHMARKS\.md|docs\/(glossary\.md|reference\/.*))$/.test(path));

  it.each(prose)("%s uses the glossary's terms", async (document) => {
    const text = withoutCode(await read(document))
      .replaceAll(/`[^`]*`/g, "").replaceAll(/\]\([^)]*\)/g, "]");
    const replaced = (await readTerms()).flatMap(({ not }) => not);
    expect(replaced.length).toBeGreaterThan(40);
    const used = replaced.filter((words) => new RegExp(`\\b${words.replaceAll(" ", "\\s+")}\\b`, "i").test(text));
    expect(used).toEqual([]);
  });
});

describe("the documents' names", () => {
  /** Names of the sources: words with an underscore. */
  const readNames = async () => {
    const names = new Set<string>();
    for (
      const folder of ["client/", "monitoring/", "scripts/", "supabase/"]
    ) {
      const paths = await readdir(new URL(folder, root), { recursive: true });
      for (const path of paths) {
        if (!/\.(ts|mjs|sql|toml|yml|sh)$/.test(path)) continue;
        if (/_built\/|\.test\.ts$|database\.types\.ts$/.test(path)) continue;
        names.add(/([^/]+?)\.\w+$/.exec(path)![1]);
        for (const [name] of (await read(folder + path)).matchAll(NAME)) {
          names.add(name);
        }
      }
    }
    return names;
  };
  const NAME = /\b[A-Za-z]+(?:_[A-Za-z0-9]+)+\b/g;
  /** Of Supabase Auth and edge-runtime. */
  const FOREIGN = [
    "audit_log_entries",
    "cpu_timer",
    "per_request",
    "per_worker",
    "strategy_per_worker",
  ];

  it("are names of the sources", async () => {
    const names = await readNames();
    expect(names.size).toBeGreaterThan(2_000);
    const unknown: Record<string, string[]> = {};
    for (const document of documents) {
      if (/^(BENCHMARKS|CHANGELOG)\.md$|reference\//.test(document)) continue;
      const text = await read(document);
      // What a block of code defines, the text around it may name.
      const blocks = text.match(/^ *```[^]*?^ *```/gm)?.join() ?? "";
      const defined = new Set([...blocks.match(NAME) ?? [], ...FOREIGN]);
      const stale = [...withoutCode(text).matchAll(/`([^`]*)`/g)]
        .flatMap(([, code]) => code.match(NAME) ?? [])
        .filter((name) => !names.has(name) && !defined.has(name));
      if (stale.length > 0) unknown[document] = [...new Set(stale)];
    }
    expect(unknown).toEqual({});
  });
});

describe("the decisions", () => {
  it("are numbered one after the other, each with context, decision and consequences", async () => {
    const files = pages.map((page) => /^docs\/decisions\/(\d{3}-.*)$/.exec(page))
      .flatMap((match) => match ? [match[1]] : []).toSorted();
    expect(files.length).toBeGreaterThan(20);
    for (const [index, file] of files.entries()) {
      const text = await read(`docs/decisions/${file}`);
      expect(Number(file.slice(0, 3))).toBe(index + 1);
      expect(text).toMatch(
        new RegExp(
          `^# ${index + 1}\\. [^]*\\*\\*Context\\.\\*\\*[^]*\\*\\*Decision\\.\\*\\*[^]*\\*\\*Consequences\\.\\*\\*`,
        ),
      );
      expect(await read("docs/decisions/README.md")).toContain(`](${file})`);
    }
  });
});
