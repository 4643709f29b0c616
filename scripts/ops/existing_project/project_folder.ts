import { basename, dirname, join, relative, resolve } from "node:path";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";

/** A folder with a `supabase/` that the Supabase CLI works on. */
export interface ProjectFolder {
  /** The folder with `supabase/`, without symbolic links. */
  root: string;
  /** As the caller named it, for commands to copy. */
  shown: string;
}

/** How deep a monorepo's Supabase projects are looked for. */
const DEPTH = 4;
const NOT_LOOKED_INTO = /^(\..*|node_modules|dist|build|target|vendor)$/;

/**
 * Finds the Supabase project that a path names: the folder with `supabase/`, or `supabase/` itself.
 * @param repository this repository, which is none that the pipeline can be added to
 * @throws {ErrorWithRemedy} if there is none
 */
export async function findProjectFolder(path: string, base: string, repository: string): Promise<ProjectFolder> {
  const named = resolve(base, path);
  const info = await Deno.stat(named).catch((error) => {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
    throw unreadable(named, error);
  });
  if (!info) {
    throw new ErrorWithRemedy(
      `${named} does not exist.`,
      "Name the folder that holds your project's supabase/ folder.",
    );
  }
  if (!info.isDirectory) {
    throw new ErrorWithRemedy(
      `${named} is a file.`,
      `Name the folder that holds your project's supabase/ folder${
        named.endsWith("config.toml") ? `: ${dirname(dirname(named))}` : "."
      }`,
    );
  }
  const real = await Deno.realPath(named);
  const isInside = basename(real) === "supabase" && await isFile(join(real, "config.toml"));
  const root = isInside ? dirname(real) : real;
  if (root === await Deno.realPath(repository)) {
    throw new ErrorWithRemedy(
      `${root} is the pipeline's own repository.`,
      "Name the folder of your project. To run the pipeline from this repository alone, see docs/deploying/first-deployment.md.",
    );
  }
  if (!await isFile(join(root, "supabase/config.toml"))) throw await noProject(root, named);
  return { root, shown: isInside ? dirname(named) : named };
}

async function noProject(root: string, named: string): Promise<ErrorWithRemedy> {
  const hasFolder = await Deno.stat(join(root, "supabase")).then(({ isDirectory }) => isDirectory, () => false);
  const below = hasFolder ? [] : await projectsBelow(root);
  return new ErrorWithRemedy(
    hasFolder
      ? `${named} is no Supabase project: supabase/config.toml is missing.`
      : `${named} is no Supabase project: it has no supabase/ folder.`,
    below.length > 0
      ? `There ${below.length === 1 ? "is one" : "are some"} below it: ${
        below.map((each) => join(named, relative(root, each))).join(", ")
      }`
      : `Create the project's files first: cd ${named} && npx supabase init`,
  );
}

/** Folders with a Supabase project, in a monorepo. */
async function projectsBelow(root: string): Promise<string[]> {
  const found: string[] = [];
  let level = [root];
  for (let depth = 0; depth < DEPTH && level.length > 0; depth++) {
    const next: string[] = [];
    for (const folder of level) {
      for (const entry of await Array.fromAsync(Deno.readDir(folder)).catch(() => [])) {
        if (entry.isDirectory && !NOT_LOOKED_INTO.test(entry.name)) next.push(join(folder, entry.name));
      }
    }
    for (const folder of next) if (await isFile(join(folder, "supabase/config.toml"))) found.push(folder);
    level = next;
  }
  return found.sort();
}

export async function isFile(path: string): Promise<boolean> {
  return await Deno.stat(path).then((info) => info.isFile, (error) => {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
    throw unreadable(path, error);
  });
}

export function unreadable(path: string, error: unknown): ErrorWithRemedy {
  return new ErrorWithRemedy(
    `${path} cannot be read: ${error instanceof Error ? error.message : error}`,
    "Make it readable for this user, then run the command again.",
    { cause: error },
  );
}
