import { parse } from "yaml";
import { describe, expect, it } from "vitest";
import { REPOSITORY } from "../scripts/dev/repository.ts";
import { commandsIn } from "../scripts/proof/test/examples/readme.ts";
import { NAMES } from "../scripts/proof/test/examples/example_app.ts";

/** Blank lines and comments apart. */
const LINES_ALLOWED = 299;
/** Folders and files that installing and building make. */
const MADE = /^(node_modules|\.next|dist|next-env\.d\.ts)$/;

const read = (path: string) => Deno.readTextFileSync(`${REPOSITORY}/${path}`);

function sourcesBelow(folder: string): string[] {
  return [...Deno.readDirSync(`${REPOSITORY}/${folder}`)].filter(({ name }) => !MADE.test(name)).flatMap(
    ({ name, isDirectory }) => {
      const path = `${folder}/${name}`;
      if (isDirectory) return sourcesBelow(path);
      return /\.(ts|tsx|css|js|jsx|mjs)$/.test(name) ? [path] : [];
    },
  );
}

const codeLines = (text: string) =>
  text.split("\n").filter((line) => line.trim() !== "" && !/^\s*(\/\/|\/\*|\*[ /]|\*$)/.test(line));

it("tests every example", () => {
  const folders = [...Deno.readDirSync(`${REPOSITORY}/examples`)].filter(({ isDirectory }) => isDirectory);
  expect(folders.map(({ name }) => name).sort()).toEqual([...NAMES].sort());
});

it("has the part that the project's README shows", () => {
  const [, block] = /^```tsx\n([^]*?)^```$/m.exec(read("README.md")) ?? [];
  expect(block).toBeTruthy();
  expect(read("examples/vite-react/src/search.tsx")).toContain(block);
});

it("is run by a workflow that installs Chromium", () => {
  const { jobs } = parse(read(".github/workflows/browser.yml"));
  expect(jobs.browser.strategy.matrix.check).toContain("examples");
  const commands = jobs.browser.steps.map(({ run }: { run?: string }) => run ?? "");
  expect(commands.at(-1)).toBe("npm test -- ${{ matrix.check }}");
  expect(commands.join("\n")).toMatch(/apt-get install .*chromium/);
});

describe.each(NAMES)("%s", (name) => {
  const folder = `examples/${name}`;
  const { dependencies, devDependencies } = JSON.parse(read(`${folder}/package.json`));
  const lock = read(`${folder}/package-lock.json`);

  it("has less than 300 lines of code, styles included", () => {
    const lines = sourcesBelow(folder).flatMap((path) => codeLines(read(path)));
    expect(lines.length).toBeGreaterThan(100);
    expect(lines.length).toBeLessThanOrEqual(LINES_ALLOWED);
  });

  it("pins every package, and has the client from this repository", () => {
    const { "supabase-document-pipeline-client": client, ...others } = { ...dependencies, ...devDependencies };
    expect(client).toBe("file:../../client");
    for (const version of Object.values(others)) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(read(`${folder}/.npmrc`)).toMatch(/^install-links=true$/m);
  });

  it("has a lock file that names no registry, and fits the client", () => {
    expect(lock).not.toMatch(/https?:\/\/[^"]*\.tgz/);
    const { version } = JSON.parse(read("client/package.json"));
    const locked = JSON.parse(lock).packages["node_modules/supabase-document-pipeline-client"];
    expect(locked).toMatchObject({ version, resolved: "file:../../client" });
  });

  it("builds the client and starts the stack before its own commands", () => {
    const readme = read(`${folder}/README.md`);
    expect(readme).toMatch(/^npm start\b/m);
    expect(readme).toMatch(/^npm run build -- client$/m);
    const commands = commandsIn(readme, name);
    expect(commands.slice(0, 2)).toEqual(["npm ci", "cp .env.example .env.local"]);
    expect(commands).toContain("npm run build");
  });

  it("loads nothing from elsewhere", () => {
    for (const path of sourcesBelow(folder)) expect(read(path)).not.toMatch(/https?:\/\/(?!127\.0\.0\.1)/);
  });
});
