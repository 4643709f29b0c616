import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { makeRelease, planRelease } from "./release.ts";
import { ScratchRepository } from "./testing/scratch_repository.ts";

const CHANGELOG = `# Changelog

## [Unreleased]

## 0.2.0

- Search by voice.

## 0.1.0

The first release.
`;
const MIGRATION = "supabase/migrations/20260101000000_first.sql";
let repository: ScratchRepository;

beforeEach(async () => {
  repository = await ScratchRepository.make();
  await writeVersion("0.1.0");
  await repository.write("CHANGELOG.md", CHANGELOG);
  await repository.write(MIGRATION, "create table a ();\n");
  for (const version of ["0.1.0", "0.2.0", "0.3.0", "2.0.0"]) {
    await repository.write(`supabase/tests/upgrades/${version}.sql`, "\n");
  }
  await repository.commit();
  for (const [name, value] of Object.entries(AUTHOR)) vi.stubEnv(name, value);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await repository[Symbol.asyncDispose]();
});

const AUTHOR = {
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_AUTHOR_NAME: "test",
  GIT_AUTHOR_EMAIL: "test@example.test",
  GIT_COMMITTER_NAME: "test",
  GIT_COMMITTER_EMAIL: "test@example.test",
};

async function writeVersion(version: string, since = "0.1.0"): Promise<void> {
  const json = (content: unknown) => `${JSON.stringify(content, null, 2)}\n`;
  const pipeline = { schemaServesFunctionsSince: since };
  await repository.write("package.json", json({ version, pipeline }));
  await repository.write(
    "package-lock.json",
    json({ version, packages: { "": { version }, "node_modules/a": {} } }),
  );
}

const plan = (version: string) => planRelease(repository.path, version);
/** As `npm run generate` repeats the version elsewhere. */
const generate = async () => {
  const text = await Deno.readTextFile(`${repository.path}/package.json`);
  await repository.write("version.ts", JSON.parse(text).version);
};
const read = (path: string) => Deno.readTextFile(`${repository.path}/${path}`);

describe("makeRelease", () => {
  test("tags the first release with its notes", async () => {
    await generate();
    await repository.commit();
    const head = await repository.git("rev-parse", "HEAD");
    await makeRelease(repository.path, await plan("0.1.0"), generate);
    expect(await repository.git("rev-parse", "v0.1.0^{commit}")).toBe(head);
    expect(await repository.git("tag", "--list", "--format=%(contents)"))
      .toBe("0.1.0\n\nThe first release.\n");
  });

  test("sets the version wherever it stands, commits that and tags it", async () => {
    await repository.git("tag", "v0.1.0");
    await makeRelease(repository.path, await plan("0.2.0"), generate);
    for (
      const [path, count] of Object.entries({
        "package.json": 1,
        "package-lock.json": 2,
        "version.ts": 1,
      })
    ) {
      expect((await read(path)).match(/\b0\.2\.0\b/g)).toHaveLength(count);
    }
    expect(await repository.git("status", "--porcelain")).toBe("");
    expect(await repository.git("log", "-1", "--format=%s %D")).toMatch(
      /^release: Set the version 0\.2\.0 HEAD -> main, tag: v0\.2\.0/,
    );
    await expect(plan("0.2.0")).rejects.toThrow(
      "0.2.0 does not follow 0.2.0, the last release.",
    );
  });
});

describe("planRelease", () => {
  test("changes nothing", async () => {
    expect(await plan("0.2.0")).toEqual({
      version: "0.2.0",
      notes: "- Search by voice.",
      setsVersion: true,
    });
    expect(await repository.git("status", "--porcelain")).toBe("");
    expect(await repository.git("tag")).toBe("");
  });

  test.each(["1.2", "v0.2.0", "0.2.0-beta", "01.2.3", ""])(
    "refuses %j as a version",
    async (version) => {
      await expect(plan(version)).rejects.toThrow("is no version");
    },
  );

  test.each(["0.1.0", "0.0.9", "0.1.2", "0.3.0", "2.0.0"])(
    "refuses %s after 0.1.0",
    async (version) => {
      await repository.git("tag", "v0.1.0");
      await expect(plan(version)).rejects.toMatchObject({
        message: `${version} does not follow 0.1.0, the last release.`,
        remedy: expect.stringContaining("0.1.1, 0.2.0, 1.0.0"),
      });
    },
  );

  test("refuses a working tree with changes", async () => {
    await repository.write("new.ts", "");
    await expect(plan("0.2.0")).rejects.toThrow("?? new.ts");
  });

  test("refuses a version that the changelog has no section for", async () => {
    await expect(plan("0.3.0")).rejects.toThrow("says nothing of 0.3.0");
    await repository.write("CHANGELOG.md", `${CHANGELOG}\n## 0.3.0\n\n`);
    await repository.commit();
    await expect(plan("0.3.0")).rejects.toThrow("says nothing of 0.3.0");
  });

  test("refuses a changelog with entries that belong to no version", async () => {
    const entry = "## [Unreleased]\n\n- Search by taste.";
    await repository.write(
      "CHANGELOG.md",
      CHANGELOG.replace("## [Unreleased]", entry),
    );
    await repository.commit();
    await expect(plan("0.2.0")).rejects.toThrow("under [Unreleased]");
  });

  test("refuses a version without data for the tests of upgrades", async () => {
    await repository.git("rm", "--quiet", "supabase/tests/upgrades/0.2.0.sql");
    await repository.commit();
    await expect(plan("0.2.0")).rejects.toThrow(
      "upgrades/0.2.0.sql is missing",
    );
  });

  test("refuses a schema that serves only functions of later releases", async () => {
    await writeVersion("0.1.0", "0.10.0");
    await repository.commit();
    await expect(plan("0.2.0")).rejects.toThrow(
      "schemaServesFunctionsSince is 0.10.0, later than 0.2.0",
    );
  });

  test("refuses an edited migration of an earlier release", async () => {
    await repository.git("tag", "v0.1.0");
    await repository.write(MIGRATION, "create table b ();\n");
    await repository.commit();
    await expect(plan("0.2.0")).rejects.toMatchObject({
      message: `${MIGRATION}: Release 0.1.0 has it; it was edited since.`,
      remedy: expect.stringContaining("new migration"),
    });
  });
});
