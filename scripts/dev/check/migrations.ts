import { findReleasedFaults } from "../release/released_migrations.ts";

/** A sentence for each migration that differs from what a release has of it. */
export async function checkMigrations(repository: string): Promise<string[]> {
  if (!await isRepository(repository)) {
    console.log("No git repository here, so no release to compare with.");
    return [];
  }
  return (await findReleasedFaults(repository)).map(({ path, message }) =>
    `${path}: ${message} Change it by a new migration.`
  );
}

/** A work tree's `.git` may be a file. */
async function isRepository(path: string): Promise<boolean> {
  try {
    await Deno.stat(`${path}/.git`);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
