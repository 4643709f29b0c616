import { readdir, readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { createProgram } from "../scripts/ops/pipeline/program.ts";
import { DELEGATED } from "../scripts/ops/pipeline/delegation.ts";

const root = new URL("../", import.meta.url);
const pages = [
  "README.md",
  "CONTRIBUTING.md",
  ...(await readdir(new URL("docs/", root), { recursive: true }))
    .filter((path) => path.endsWith(".md") && !path.startsWith("reference/"))
    .map((path) => `docs/${path}`),
];
const { scripts } = JSON.parse(
  await readFile(new URL("package.json", root), "utf8"),
);
/** npm's own. */
const OF_NPM = ["pack", "ci", "run"];

/** The npm commands of a page: in its code blocks, and between backticks, where they may go over a line's end. */
async function commandsOf(page: string): Promise<string[]> {
  const text = await readFile(new URL(page, root), "utf8");
  return [
    ...text.matchAll(/`(npm [^`\n]+(?:\n[^`\n]+)?)`|^ *(npm [^\n#]+)/gm),
  ]
    .map(([, inline, line]) => (inline ?? line).replaceAll(/\s+/g, " ").trim());
}

/** Parses a command as the program would, without running it. */
async function understand(text: string, line: string): Promise<void> {
  const args = [...text.matchAll(/"([^"]*)"|(\S+)/g)]
    .map(([, quoted, bare]) => quoted ?? bare);
  // This runs a program of its own.
  if (args[0] in DELEGATED || args[0] === "--help") return;
  const program = createProgram(() => () => Promise.resolve(), () => {});
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ writeErr: () => {} });
  }
  const names = program.commands.map((command) => command.name());
  expect(names, line).toContain(args.find((arg) => !arg.startsWith("-")));
  // Only named, as in a sentence about it.
  if (args.length === 1) return;
  await program.parseAsync(args, { from: "user" }).catch((error) => {
    throw new Error(`${line}: ${error.message}`);
  });
}

it.each(pages)("%s has commands that exist", async (page) => {
  for (const line of await commandsOf(page)) {
    const [, name, rest] = /^npm (?:run )?([\w:-]+)(?: -- (.*))?$/.exec(line) ??
      [];
    expect([...Object.keys(scripts), ...OF_NPM], line).toContain(name);
    if (name === "pipeline" && rest) await understand(rest, line);
  }
});

it("names tests that exist after npm test", async () => {
  const files = (await Promise.all(
    ["client/", "docs/", "scripts/", "supabase/"].map(async (folder) =>
      (await readdir(new URL(folder, root), { recursive: true })).map((path) => folder + path)
    ),
  )).flat();
  const testsOf: Record<string, string[]> = {
    unit: files.filter((path) => path.endsWith(".test.ts") && !path.startsWith("supabase/tests/")),
    platform: files.filter((path) => path.endsWith(".test.ts") && path.startsWith("scripts/platform/")),
    database: files.filter((path) => path.endsWith(".test.sql")),
    e2e: files.filter((path) => path.endsWith(".test.ts") && path.startsWith("supabase/tests/e2e/")),
    console: files.filter((path) => /^scripts\/proof\/test\/console\/.*\.test\.ts$/.test(path)),
    // Its patterns also name examples.
    examples: [
      ...files.filter((path) => /^scripts\/proof\/test\/examples\/.*\.test\.ts$/.test(path)),
      ...await readdir(new URL("examples/", root)),
    ],
  };
  const lines = (await Promise.all(pages.map(commandsOf))).flat();
  const named = lines.flatMap((line) => {
    const [, check, pattern] = /^npm test -- (\w+) ([a-z][\w/]*)/.exec(line) ?? [];
    return check ? [{ check, pattern }] : [];
  });
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter(({ check, pattern }) => !testsOf[check]?.some((path) => path.includes(pattern)))).toEqual([]);
});

it("finds the commands", async () => {
  const counts = await Promise.all(
    pages.map(async (page) => (await commandsOf(page)).length),
  );
  expect(counts.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(80);
});
