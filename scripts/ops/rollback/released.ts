import { resolve } from "node:path";
import { z } from "zod";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";
import { releasedVersions } from "../../dev/release/released_migrations.ts";

/** A version's tag in a separate folder, with the packages of its release. */
export interface ReleasedTree extends AsyncDisposable {
  directory: string;
}

/** The files of a release that its functions and its database consist of. */
const PARTS = ["supabase", "package.json", "package-lock.json"];

/**
 * Extracts a released version's files from git, without touching the working tree.
 * @throws {ErrorWithRemedy} if the tag does not exist
 */
export async function exportRelease(
  repository: string,
  version: string,
): Promise<ReleasedTree> {
  const versions = await releasedVersions(repository);
  if (!versions.includes(version)) {
    throw new ErrorWithRemedy(
      `Unknown release: ${version}.`,
      versions.length > 0
        ? `Tagged are: ${versions.join(", ")}. If it was released, fetch the tags: git fetch --tags.`
        : "No version is tagged here. Fetch the tags: git fetch --tags.",
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

/** The installed packages, if the earlier release's functions use the same; otherwise its own are installed. */
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

/** A lock file's entries for packages that functions may import. */
async function readLocked(directory: string): Promise<string> {
  const text = await Deno.readTextFile(`${directory}/package-lock.json`);
  const { packages } = lockFile.parse(JSON.parse(text));
  return JSON.stringify(
    Object.entries(packages).filter(([path, { dev, optional }]) => path !== "" && !dev && !optional),
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
    "Run the command in a clone with git history, and with access to npm's registry.",
  );
}
