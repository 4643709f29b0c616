import { resolve } from "node:path";
import { claimInstance } from "./instance.ts";
import { removeFromPlace } from "./postgres/account.ts";

/** The folders that Postgres must reach, which may therefore lie elsewhere. */
const REACHED = ["data", "postgres", "tests/data"];

/**
 * Removes the database and the stored bytes of a state folder, so that the next stack in it begins with none.
 * @throws {ErrorWithRemedy} if a stack runs in it
 */
export async function removeData(stateDir: string): Promise<void> {
  const path = resolve(stateDir);
  const instance = await claimInstance(path);
  try {
    await removeFromPlace(`${path}/data`);
    await Deno.remove(`${path}/storage`, { recursive: true }).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  } finally {
    instance.release();
  }
}

/**
 * Removes all that stacks have kept in a state folder: database, stored bytes, logs, and what was fetched for them.
 * @throws {ErrorWithRemedy} if a stack runs in it
 */
export async function removeState(stateDir: string): Promise<void> {
  const path = resolve(stateDir);
  const instance = await claimInstance(path);
  try {
    for (const part of REACHED) await removeFromPlace(`${path}/${part}`);
    await Deno.remove(path, { recursive: true });
  } finally {
    instance.release();
  }
}
