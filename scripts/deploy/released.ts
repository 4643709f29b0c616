import { OperatorError } from "./errors.ts";

/** What a version's tag holds, in a folder of its own. */
export interface ReleasedTree extends AsyncDisposable {
  directory: string;
}

/** The versions that are tagged (`v1.2.3`), newest first. */
export async function releasedVersions(repository: string): Promise<string[]> {
  const tags = await git(
    repository,
    "tag",
    "--list",
    "v*.*.*",
    "--sort=-v:refname",
  );
  return tags.split("\n").map((tag) => tag.trim().replace(/^v/, ""))
    .filter((version) => /^\d+\.\d+\.\d+$/.test(version));
}

/**
 * Takes a released version's files out of git, leaving the working tree alone.
 * @throws {OperatorError} if no tag has that name
 */
export async function exportRelease(
  repository: string,
  version: string,
): Promise<ReleasedTree> {
  const versions = await releasedVersions(repository);
  if (!versions.includes(version)) {
    throw new OperatorError(
      `There is no release ${version}.`,
      versions.length > 0
        ? `Tagged are: ${
          versions.join(", ")
        }. If it was released, fetch the tags: git fetch --tags.`
        : "No version is tagged here. If there are releases, fetch the tags: git fetch --tags.",
    );
  }
  const directory = await Deno.makeTempDir({ prefix: "released-" });
  const archive = `${directory}.tar`;
  try {
    await git(
      repository,
      ...["archive", "--output", archive, `v${version}`, "supabase"],
    );
    await command("tar", "-xf", archive, "-C", directory);
    await Deno.remove(archive);
  } catch (error) {
    await Deno.remove(directory, { recursive: true });
    throw error;
  }
  return {
    directory,
    [Symbol.asyncDispose]: () => Deno.remove(directory, { recursive: true }),
  };
}

function git(repository: string, ...args: string[]): Promise<string> {
  return command("git", "-C", repository, ...args);
}

async function command(program: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = new TextDecoder();
  if (success) return text.decode(stdout);
  throw new OperatorError(
    `${program} ${args.join(" ")} failed: ${text.decode(stderr).trim()}`,
    "Run it where the project's git history is.",
  );
}
