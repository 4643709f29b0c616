import { createHash } from "node:crypto";
import { ignoreMissing, isThere } from "../files.ts";

/** Names the sources that a folder was built from; npm packs no such file. */
const MARK = ".built";

/**
 * Builds a folder unless it is current: built from the same sources. Its files change all at once.
 * @param sources paths of all that decides what is built
 * @param build writes into an empty folder beside the real one; if it fails, the real one is as before
 */
export async function keepBuilt(
  { folder, sources, build }: { folder: string; sources: string[]; build(aside: string): Promise<void> },
): Promise<void> {
  const digest = await digestOf(sources);
  if (await isCurrent(folder, digest)) return;
  const aside = `${folder}.${Deno.pid}`;
  try {
    await build(aside);
    await Deno.writeTextFile(`${aside}/${MARK}`, digest);
    await remove(folder);
    await Deno.rename(aside, folder).catch(async (error) => {
      // Another build of the same sources was faster.
      if (!await isCurrent(folder, digest)) throw error;
    });
  } finally {
    await remove(aside);
  }
}

/** The paths of a folder's files without tests and what a build has left, in a fixed order. */
export async function filesBelow(folder: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) paths.push(...await filesBelow(path));
    else if (!/\.test\.tsx?$/.test(name) && name !== MARK) paths.push(path);
  }
  return paths.sort();
}

async function isCurrent(folder: string, digest: string): Promise<boolean> {
  const mark = `${folder}/${MARK}`;
  return await isThere(mark) && await Deno.readTextFile(mark) === digest;
}

async function digestOf(paths: string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const path of paths) {
    const bytes = await Deno.readFile(path);
    hash.update(`${path}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest("hex");
}

function remove(path: string): Promise<void> {
  return Deno.remove(path, { recursive: true }).catch(ignoreMissing);
}
