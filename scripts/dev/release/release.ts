import { z } from "zod";
import { run } from "../command.ts";
import { ErrorWithRemedy } from "../error_with_remedy.ts";
import { findReleasedFaults, releasedVersions } from "./released_migrations.ts";

/** A release that may be made. */
export interface ReleasePlan {
  version: string;
  /** Its section of CHANGELOG.md, without the heading. */
  notes: string;
  /** Whether package.json names another version, so that a commit sets it. */
  setsVersion: boolean;
}

const manifest = z.looseObject({
  version: z.string(),
  pipeline: z.looseObject({ schemaServesFunctionsSince: z.string() }),
});

/**
 * Checks that the working tree can be released as this version.
 * @throws {ErrorWithRemedy} naming the first rule that it breaks
 */
export async function planRelease(
  repository: string,
  version: string,
): Promise<ReleasePlan> {
  const { version: current, pipeline } = manifest.parse(
    JSON.parse(await Deno.readTextFile(`${repository}/package.json`)),
  );
  const [last] = await releasedVersions(repository);
  refuseVersion(version, last);
  if (compare(pipeline.schemaServesFunctionsSince, version) > 0) {
    throw new ErrorWithRemedy(
      `package.json: schemaServesFunctionsSince is ${pipeline.schemaServesFunctionsSince}, later than ${version}.`,
      "It names the earliest release whose functions run on this schema.",
    );
  }
  const changes = await git(repository, "status", "--porcelain");
  if (changes.trim()) {
    throw new ErrorWithRemedy(
      `The working tree has changes:\n${changes.trimEnd()}`,
      "Commit them, or put them aside: git stash --include-untracked",
    );
  }
  const notes = await readNotes(repository, version);
  await requireUpgradeData(repository, version);
  const faults = await findReleasedFaults(repository);
  if (faults.length > 0) {
    throw new ErrorWithRemedy(
      faults.map(({ path, message }) => `${path}: ${message}`).join("\n"),
      "Restore what was released, and change it by a new migration.",
    );
  }
  return { version, notes, setsVersion: current !== version };
}

/**
 * Sets the version, commits that if it changed anything, and tags the commit.
 * @param generate writes what repeats the version
 */
export async function makeRelease(
  repository: string,
  { version, notes, setsVersion }: ReleasePlan,
  generate: () => Promise<void>,
): Promise<void> {
  if (setsVersion) {
    for (const file of ["package.json", "package-lock.json"]) {
      await setVersion(`${repository}/${file}`, version);
    }
  }
  await generate();
  const changes = await git(repository, "status", "--porcelain");
  if (changes.trim()) {
    await git(repository, "add", "--all");
    await git(
      repository,
      ...[
        "commit",
        "--quiet",
        "--message",
        `release: Set the version ${version}`,
      ],
    );
  }
  await git(
    repository,
    ...["tag", "--annotate", `v${version}`, "--cleanup=verbatim"],
    ...["--message", `${version}\n\n${notes}`],
  );
}

/** Versions follow each other without a gap; the first may be any. */
function refuseVersion(version: string, last: string | undefined): void {
  if (!/^(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}$/.test(version)) {
    throw new ErrorWithRemedy(
      `${version} is no version.`,
      "Write three numbers: npm run release -- 1.2.3",
    );
  }
  if (!last) return;
  const [major, minor, patch] = last.split(".").map(Number);
  const next = [
    `${major}.${minor}.${patch + 1}`,
    `${major}.${minor + 1}.0`,
    `${major + 1}.0.0`,
  ];
  if (next.includes(version)) return;
  throw new ErrorWithRemedy(
    `${version} does not follow ${last}, the last release.`,
    `The next is ${next.join(", ")}: a correction, an addition, or a change of what clients or operators must do.`,
  );
}

async function readNotes(repository: string, version: string): Promise<string> {
  const text = await Deno.readTextFile(`${repository}/CHANGELOG.md`);
  const [, ...sections] = text.split(/^## /m);
  const notesOf = (name: string) => {
    const section = sections.find((each) => each.split("\n", 1)[0].trim() === name);
    return section?.slice(section.indexOf("\n")).trim();
  };
  if (notesOf("[Unreleased]")) {
    throw new ErrorWithRemedy(
      "CHANGELOG.md has entries under [Unreleased].",
      `Move them to a section "## ${version}".`,
    );
  }
  const notes = notesOf(version);
  if (notes) return notes;
  throw new ErrorWithRemedy(
    `CHANGELOG.md says nothing of ${version}.`,
    `Add a section "## ${version}" that says what changed.`,
  );
}

async function requireUpgradeData(
  repository: string,
  version: string,
): Promise<void> {
  const path = `supabase/tests/upgrades/${version}.sql`;
  try {
    await Deno.stat(`${repository}/${path}`);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new ErrorWithRemedy(
      `${path} is missing.`,
      "It holds data of a database of this release, which later releases are tested to keep.",
    );
  }
}

/** package-lock.json names the project's version twice. */
async function setVersion(path: string, version: string): Promise<void> {
  const text = await Deno.readTextFile(path);
  const content = JSON.parse(text);
  content.version = version;
  if (content.packages?.[""]) content.packages[""].version = version;
  await Deno.writeTextFile(path, `${JSON.stringify(content, null, 2)}\n`);
}

function compare(one: string, other: string): number {
  return one.localeCompare(other, "en", { numeric: true });
}

function git(repository: string, ...args: string[]): Promise<string> {
  return run("git", ["-C", repository, ...args]);
}
