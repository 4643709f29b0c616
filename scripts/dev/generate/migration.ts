import { REPOSITORY } from "../repository.ts";
import { read } from "./files.ts";
import type { Product } from "./product.ts";

const FOLDER = "supabase/migrations";

/**
 * A migration that replaces what an earlier one of the same name made. As long
 * as that one is in no release, it is written again; a released migration never
 * changes, so that a new one is written after all others.
 * @param text replaces whatever is there: `create or replace`, `on conflict do
 * update`
 */
export async function migrationFor(
  name: string,
  text: string,
): Promise<Product> {
  const names = [...Deno.readDirSync(`${REPOSITORY}/${FOLDER}`)]
    .map((entry) => entry.name).filter((each) => each.endsWith(".sql")).sort();
  const present = names.filter((each) =>
    each.replace(/^\d+_/, "") === `${name}.sql`
  ).at(-1);
  if (!present) {
    throw new Error(`${FOLDER} has no migration ${name}: create an empty one.`);
  }
  const path = `${FOLDER}/${present}`;
  if (await read(path) === text || !await isReleased(path)) {
    return { path, text };
  }
  const version = BigInt(names.at(-1)!.split("_")[0]) + 100n;
  return { path: `${FOLDER}/${version}_${name}.sql`, text };
}

/** Whether any tagged release holds the file. */
async function isReleased(path: string): Promise<boolean> {
  const tags = await git("tag", "--list", "v*.*.*");
  for (const tag of tags.split("\n").filter(Boolean)) {
    if (await git("ls-tree", "--name-only", tag, path)) return true;
  }
  return false;
}

async function git(...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("git", {
    args: ["-C", REPOSITORY, ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = new TextDecoder();
  if (!success) throw new Error(`git ${args[0]}: ${text.decode(stderr)}`);
  return text.decode(stdout).trim();
}
