import { STATE_DIR } from "../state_dir.ts";
import { reachablePlace } from "./account.ts";

/**
 * The folder of the stack's Postgres. All instances share it, whatever their state folder. It may be missing;
 * `installPostgres` makes it.
 */
export function postgresHome(wanted = `${STATE_DIR}/postgres`) {
  return reachablePlace(wanted);
}

export const programOf = (home: string, name: string) => `${home}/bin/${name}`;

/** The shared libraries that Postgres' programs are linked with, libpq among them. */
export const librariesOf = (home: string) => `${home}/lib`;

/** What the server loads by name: extensions' libraries. */
export const loadedLibrariesOf = (home: string) => `${home}/lib/postgresql`;

export const extensionsOf = (home: string) => `${home}/share/postgresql/extension`;

/** Written last, so its presence says that the directory is complete. */
export const markerOf = (home: string) => `${home}/installed`;
