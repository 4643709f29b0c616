import { expect, test } from "vitest";
import { isOlder } from "../doctor/database.ts";
import { readReleaseData } from "../rehearse/upgrade.ts";
import { REPOSITORY } from "../../dev/repository.ts";

const manifest = JSON.parse(
  await Deno.readTextFile(`${REPOSITORY}/package.json`),
);
const changelog = await Deno.readTextFile(`${REPOSITORY}/CHANGELOG.md`);
const versions = [...changelog.matchAll(/^## (\d+\.\d+\.\d+)$/gm)]
  .map(([, version]) => version);

test("the changelog begins with package.json's version, newest first", () => {
  expect(versions[0]).toBe(manifest.version);
  for (const [index, version] of versions.slice(1).entries()) {
    expect(isOlder(version, versions[index])).toBe(true);
  }
});

test("every release except the next one names its last migration", async () => {
  const unnamed = (await readReleaseData(REPOSITORY))
    .filter(({ lastMigration }) => !lastMigration)
    .map(({ version }) => version);
  expect([[], [manifest.version]]).toContainEqual(unnamed);
});

test("every release left the data that later ones must keep", async () => {
  const kept = (await readReleaseData(REPOSITORY)).map(({ version }) => version);
  expect(kept).toEqual(versions.toReversed());
});

test("the schema serves the functions of an existing release", () => {
  expect(versions).toContain(manifest.pipeline.schemaServesFunctionsSince);
});

/** `npm run <command> -- …` in the documents of operators and in CI. */
const invocations = (await Promise.all(
  [...await pagesBelow("docs"), "README.md", ".github/workflows/deploy.yml"]
    .map((path) => Deno.readTextFile(`${REPOSITORY}/${path}`)),
)).flatMap((text) => [...text.matchAll(/npm run ([\w:-]+) -- ([^`|#\n]*)/g)])
  .map(([, command, line]) => ({ command, line }));

test.each(["deploy", "rollback", "doctor", "rotate-secret"])(
  "every documented option of npm run %s exists",
  async (command) => {
    const written = invocations.filter((each) => each.command === command)
      .flatMap(({ line }) => line.match(/--[\w-]+/g) ?? []);
    const { stdout } = await new Deno.Command("node", {
      args: ["scripts/dev/run.mjs", command, "--help"],
      cwd: REPOSITORY,
    }).output();
    const options = new TextDecoder().decode(stdout).match(/--[\w-]+/g);
    expect(written.length).toBeGreaterThan(0);
    expect(options).toEqual(expect.arrayContaining(written));
  },
);

/** The Markdown files of a folder and its subfolders. */
async function pagesBelow(folder: string): Promise<string[]> {
  const pages: string[] = [];
  for await (const entry of Deno.readDir(`${REPOSITORY}/${folder}`)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) pages.push(...await pagesBelow(path));
    else if (path.endsWith(".md")) pages.push(path);
  }
  return pages;
}
