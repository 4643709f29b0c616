import { unpackPackages } from "../../platform/stack/postgres/debian_packages.ts";
import { librariesOf } from "../../platform/stack/postgres/home.ts";
import { installPostgres } from "../../platform/stack/postgres/install.ts";
import { checkCommands, machineOf } from "../../platform/stack/postgres/machine.ts";
import { STATE_DIR } from "../../platform/stack/state_dir.ts";
import { isThere } from "../../dev/files.ts";

const HOME = `${STATE_DIR}/postgres-client`;
/** The database's version; an older client refuses to dump it. */
const VERSION = 17;

/**
 * The client programs with their libraries, including the C library, so that they run on older systems than the one
 * that they were built for. libpq is the local stack's.
 */
const PACKAGES = {
  what: "Postgres' client programs",
  names: [
    `postgresql-client-${VERSION}`,
    "libc6",
    "liblz4-1",
    "libreadline8t64",
    "libssl3t64",
    "libtinfo6",
    "libzstd1",
  ],
  suite: "trixie",
};

/** The command line of a Postgres client program. */
export type PostgresClient = (program: "pg_dump" | "psql") => string[];

/**
 * Postgres 17's client programs: Debian's, unpacked into `.stack`, on every machine that can run the local stack.
 * Elsewhere the installed ones, if both are new enough.
 * @throws {ErrorWithRemedy} if there are none, and none can be downloaded
 */
export async function findPostgresClient(): Promise<PostgresClient> {
  try {
    machineOf();
    await checkCommands();
  } catch (error) {
    if (await isNewEnough("pg_dump") && await isNewEnough("psql")) {
      return (program) => [program];
    }
    throw error;
  }
  const postgres = await installPostgres();
  if (!await isThere(HOME)) {
    await Deno.mkdir(STATE_DIR, { recursive: true });
    using lock = await Deno.open(`${HOME}.lock`, { create: true, write: true });
    await lock.lock(true);
    if (!await isThere(HOME)) await unpack();
  }
  const machine = machineOf();
  const libraries = `${HOME}/usr/lib/${machine.libraries}`;
  return (program) => [
    `${libraries}/${machine.loader}`,
    "--library-path",
    `${libraries}:${librariesOf(postgres)}`,
    `${HOME}/usr/lib/postgresql/${VERSION}/bin/${program}`,
  ];
}

async function isNewEnough(program: string): Promise<boolean> {
  try {
    const { stdout } = await new Deno.Command(program, { args: ["--version"] })
      .output();
    const [, version] = /(\d+)/.exec(new TextDecoder().decode(stdout)) ?? [];
    return Number(version) >= VERSION;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function unpack(): Promise<void> {
  const scratch = await Deno.makeTempDir({ dir: STATE_DIR });
  try {
    await unpackPackages(PACKAGES, `${scratch}/apt`, `${scratch}/unpacked`);
    // Renamed at the end, so that an existing folder is complete.
    await Deno.rename(`${scratch}/unpacked`, HOME);
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}
