import { createHash } from "node:crypto";
import { run } from "../command.ts";

const FOLDER = "supabase/migrations";

/** A database that has a release keeps what it has: what a working tree may not do with a release's migrations. */
export interface MigrationFault {
  /** Below the repository. */
  path: string;
  /** A sentence. */
  message: string;
}

/** The versions that are tagged (`v1.2.3`), newest first. */
export async function releasedVersions(repository: string): Promise<string[]> {
  const tags = await git(
    repository,
    ...["tag", "--list", "v*.*.*", "--sort=-v:refname"],
  );
  return tags.split("\n").map((tag) => tag.trim().replace(/^v/, ""))
    .filter((version) => /^\d+\.\d+\.\d+$/.test(version));
}

/**
 * Finds the migrations of the working tree that differ from those of a release, are missing, or would be applied before
 * them. From the first tag on, migrations are only added.
 */
export async function findReleasedFaults(
  repository: string,
): Promise<MigrationFault[]> {
  const versions = (await releasedVersions(repository)).reverse();
  const faults = new Map<string, string>();
  let last = "";
  const released = new Set<string>();
  for (const version of versions) {
    for (const { path, blob } of await migrationsOf(repository, version)) {
      released.add(path);
      if (path > last) last = path;
      const now = await blobOf(`${repository}/${path}`);
      if (now === blob || faults.has(path)) continue;
      faults.set(
        path,
        now === undefined
          ? `Release ${version} has it; it is gone.`
          : `Release ${version} has it; it was edited since.`,
      );
    }
  }
  for (const path of await presentMigrations(repository)) {
    if (released.has(path) || path > last) continue;
    faults.set(
      path,
      `It is new, but sorts before ${last}, which is released.`,
    );
  }
  return [...faults].map(([path, message]) => ({ path, message }))
    .sort((a, b) => a.path < b.path ? -1 : 1);
}

async function migrationsOf(
  repository: string,
  version: string,
): Promise<{ path: string; blob: string }[]> {
  const listed = await git(
    repository,
    ...["ls-tree", "-r", "-z", `v${version}`, "--", FOLDER],
  );
  return listed.split("\0").filter((line) => line.endsWith(".sql"))
    .map((line) => {
      const [facts, path] = line.split("\t");
      return { path, blob: facts.split(" ")[2] };
    });
}

async function presentMigrations(repository: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const { name } of Deno.readDir(`${repository}/${FOLDER}`)) {
    if (/^\d+_.*\.sql$/.test(name)) paths.push(`${FOLDER}/${name}`);
  }
  return paths;
}

/** As git names a file's content: https://git-scm.com/book/en/v2/Git-Internals-Git-Objects */
async function blobOf(path: string): Promise<string | undefined> {
  try {
    const bytes = await Deno.readFile(path);
    return createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes)
      .digest("hex");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function git(repository: string, ...args: string[]): Promise<string> {
  return run("git", ["-C", repository, ...args]);
}
