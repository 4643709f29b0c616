import { run } from "../command.ts";
import { releasedVersions } from "../release/released_migrations.ts";
import { REPOSITORY } from "../repository.ts";
import type { Product } from "./product.ts";

const FOLDER = "supabase/migrations";

/**
 * A migration that replaces what an earlier one of the same name made. As long as that one is in no release, it is
 * written again. A released migration never changes: a new one is written after all others.
 * @param text replaces what is there: `create or replace`, `on conflict do update`
 */
export async function migrationFor(
  name: string,
  text: string,
  repository: string = REPOSITORY,
): Promise<Product> {
  const names = [...Deno.readDirSync(`${repository}/${FOLDER}`)]
    .map((entry) => entry.name).filter((each) => each.endsWith(".sql")).sort();
  const present = names.findLast((each) => each.replace(/^\d+_/, "") === `${name}.sql`);
  if (!present) {
    throw new Error(`${FOLDER} has no migration ${name}: create an empty one.`);
  }
  const path = `${FOLDER}/${present}`;
  const isCurrent = await Deno.readTextFile(`${repository}/${path}`) === text;
  if (isCurrent || !await isReleased(repository, path)) return { path, text };
  const version = BigInt(names.at(-1)!.split("_")[0]) + 100n;
  return { path: `${FOLDER}/${version}_${name}.sql`, text };
}

async function isReleased(repository: string, path: string): Promise<boolean> {
  for (const version of await releasedVersions(repository)) {
    const tree = ["ls-tree", "--name-only", `v${version}`, path];
    if (await run("git", ["-C", repository, ...tree])) return true;
  }
  return false;
}
