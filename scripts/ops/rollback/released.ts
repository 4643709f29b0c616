import { resolve } from "node:path";
import { z } from "zod";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";
import { releasedVersions } from "../../dev/release/released_migrations.ts";

/** What a version's tag holds, in a folder of its own, with the packages that it was released with. */
export interface ReleasedTree extends AsyncDisposable {
  directory: string;
}

/** Of a release's files, what its functions and its database are made of. */
const PARTS = ["supabase", "package.json", "package-lock.json"];

/**
 * Takes a released version's files out of git, leaving the working tree alone.
 * @throws {ErrorWithRemedy} if no tag has that name
 */
export async function exportRelease(
  repository: string,
  version: string,
): Promise<ReleasedTree> {
  const versions = await releasedVersions(repository);
  if (!versions.includes(version)) {
    throw new ErrorWithRemedy(
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
      ...["archive", "--output", archive, `v${version}`, ...PARTS],
    );
    await command("tar", "-xf", archive, "-C", directory);
    await Deno.remove(archive);
    await providePackages(repository, directory);
  } catch (error) {
    await Deno.remove(directory, { recursive: true });
    throw error;
  }
  return {
    directory,
    [Symbol.asyncDispose]: () => Deno.remove(directory, { recursive: true }),
  };
}

const lockFile = z.object({
  packages: z.record(
    z.string(),
    z.looseObject({
      dev: z.boolean().optional(),
      optional: z.boolean().optional(),
    }),
  ),
});

/** The installed packages serve an earlier release too, if its functions' are still the same; else its own are installed. */
async function providePackages(
  repository: string,
  directory: string,
): Promise<void> {
  const [here, there] = await Promise.all(
    [repository, directory].map(readLocked),
  );
  if (here === there) {
    await Deno.symlink(
      resolve(repository, "node_modules"),
      `${directory}/node_modules`,
    );
  } else {
    await command(
      ...["npm", "ci", "--prefix", directory],
      ...[
        "--omit=dev",
        "--omit=optional",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
      ],
    );
  }
}

/** What a lock file says of the packages that functions may import. */
async function readLocked(directory: string): Promise<string> {
  const text = await Deno.readTextFile(`${directory}/package-lock.json`);
  const { packages } = lockFile.parse(JSON.parse(text));
  return JSON.stringify(
    Object.entries(packages).filter(([path, { dev, optional }]) =>
      path !== "" && !dev && !optional
    ),
  );
}

function git(repository: string, ...args: string[]): Promise<string> {
  return command("git", "-C", repository, ...args);
}

async function command(...[program, ...args]: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = new TextDecoder();
  if (success) return text.decode(stdout);
  throw new ErrorWithRemedy(
    `${program} ${args.join(" ")} failed: ${text.decode(stderr).trim()}`,
    "Run it where the project's git history is, and npm's registry is reached.",
  );
}
