import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";
import { unreadable } from "./project_folder.ts";

/** A file to write, below the project's folder. */
export interface Write {
  path: string;
  text: string;
  /** The present text, which is replaced; undefined if the file does not exist. */
  before?: string;
  /** Only this user may read it. */
  isSecret?: boolean;
}

/** The name under which a file is written before it takes its place. An interrupted command leaves at most one. */
const aside = (path: string) => join(dirname(path), `.${path.split("/").at(-1)}.pipeline-new`);

/** @returns undefined if it does not exist @throws {ErrorWithRemedy} if it cannot be read as text */
export async function readProjectFile(root: string, path: string): Promise<string | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await Deno.readFile(join(root, path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
    throw unreadable(join(root, path), error);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new ErrorWithRemedy(
      `${join(root, path)} is not UTF-8 text.`,
      "Nothing was written. Save it as UTF-8, then run the command again.",
      { cause: error },
    );
  }
}

/**
 * Checks that every file can be written and removed, so that nothing is half done.
 * @throws {ErrorWithRemedy} naming each obstacle
 */
export async function refuseUnwritable(root: string, writes: string[], removals: string[]): Promise<void> {
  const found = new Set<string>();
  for (const path of [...writes, ...removals]) {
    const obstacle = await obstacleTo(root, path);
    if (obstacle) found.add(obstacle);
  }
  if (found.size === 0) return;
  throw new ErrorWithRemedy(
    `Nothing was written: ${[...found].join("; ")}.`,
    "Make these plain files and folders that this user may write, then run the command again.",
  );
}

/** The first thing on the way from the project's folder to a file that forbids writing it. */
async function obstacleTo(root: string, path: string): Promise<string | undefined> {
  const parts = path.split("/");
  let parent = root;
  for (const [i, part] of parts.entries()) {
    const at = join(parent, part);
    const isLast = i === parts.length - 1;
    const info = await Deno.lstat(at).catch((error) => {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw unreadable(at, error);
    });
    if (!info || isLast) {
      if (!await mayWrite(parent)) return `${parent} is read-only`;
      if (!info) return;
    }
    if (info.isSymlink) return `${at} is a symbolic link`;
    if (isLast) {
      if (!info.isFile) return `${at} is no file`;
      return await mayWrite(at) ? undefined : `${at} is read-only`;
    }
    if (!info.isDirectory) return `${at} is no folder`;
    parent = at;
  }
}

/** By its mode too: a file that was made read-only on purpose is not replaced, not even by root. */
async function mayWrite(path: string): Promise<boolean> {
  const { mode } = await Deno.stat(path);
  if (mode !== null && (mode & 0o222) === 0) return false;
  return await access(path, constants.W_OK).then(() => true, () => false);
}

/**
 * Writes a file whole: it is there in full or as it was.
 * @throws {ErrorWithRemedy} if another program has changed it meanwhile
 */
export async function writeProjectFile(root: string, { path, text, before, isSecret }: Write): Promise<void> {
  const target = join(root, path);
  await Deno.mkdir(dirname(target), { recursive: true });
  const mode = isSecret ? 0o600 : (await Deno.stat(target).catch(() => undefined))?.mode ?? undefined;
  const temporary = aside(target);
  await Deno.remove(temporary).catch(() => {});
  try {
    await Deno.writeTextFile(temporary, text, { createNew: true, mode: isSecret ? 0o600 : 0o666 });
    if (mode !== undefined && mode !== null) await Deno.chmod(temporary, mode & 0o7777);
    if (await readProjectFile(root, path) !== before) {
      throw new ErrorWithRemedy(
        `${target} was changed by another program meanwhile.`,
        "It keeps that change. Run the command again.",
      );
    }
    await Deno.rename(temporary, target);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
}

/** Removes a file, and the folders that are then empty. */
export async function removeProjectFile(root: string, path: string): Promise<void> {
  await Deno.remove(join(root, path)).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  for (let folder = dirname(path); folder !== "supabase" && folder !== "."; folder = dirname(folder)) {
    const rest = await Array.fromAsync(Deno.readDir(join(root, folder))).catch(() => []);
    if (rest.length > 0) return;
    await Deno.remove(join(root, folder)).catch(() => {});
  }
}
