import { STATE_DIR } from "../state_dir.ts";
import { CommandError, run } from "../../../dev/command.ts";
import { unpackPackages } from "./debian_packages.ts";
import { machineRelease } from "./debian_release.ts";
import { machineOf } from "./machine.ts";
import { isThere } from "../../../dev/files.ts";

const HOME = `${STATE_DIR}/nss-wrapper`;

/**
 * initdb fails if the machine knows no name for its user, as in a container that runs under a number. For such a user a
 * Debian library, unpacked into `.stack`, provides a name (https://cwrap.org/nss_wrapper.html).
 * @param environment of initdb
 * @returns the same where the user has a name
 * @throws {ErrorWithRemedy} if the library cannot be downloaded
 */
export async function withUserName(
  environment: Record<string, string>,
): Promise<Record<string, string>> {
  const [uid, gid] = [Deno.uid(), Deno.gid()];
  // Root runs Postgres as an account with a name.
  if (uid === 0 || await isKnown(uid!)) return environment;
  if (!await isThere(HOME)) await unpack();
  const passwd = `${HOME}/passwd-${uid}`;
  const group = `${HOME}/group-${gid}`;
  await Deno.writeTextFile(passwd, `stack:x:${uid}:${gid}::/:/bin/sh\n`);
  await Deno.writeTextFile(group, `stack:x:${gid}:\n`);
  return {
    ...environment,
    // By its name: a path could have spaces, which separate such libraries.
    LD_PRELOAD: "libnss_wrapper.so",
    LD_LIBRARY_PATH: `${environment.LD_LIBRARY_PATH}:${HOME}/usr/lib/${machineOf().libraries}`,
    NSS_WRAPPER_PASSWD: passwd,
    NSS_WRAPPER_GROUP: group,
  };
}

async function isKnown(uid: number): Promise<boolean> {
  try {
    await run("getent", ["passwd", String(uid)]);
    return true;
  } catch (error) {
    if (error instanceof CommandError) return false;
    throw error;
  }
}

async function unpack(): Promise<void> {
  const scratch = await Deno.makeTempDir({ dir: STATE_DIR });
  try {
    await unpackPackages(
      {
        what: "The library that gives Postgres a user's name",
        names: ["libnss-wrapper"],
        suite: await machineRelease(),
      },
      `${scratch}/apt`,
      `${scratch}/unpacked`,
    );
    // Renamed into place at the end, so that an existing file is complete; another process may be faster.
    await Deno.rename(`${scratch}/unpacked`, HOME).catch(async (error) => {
      if (!await isThere(HOME)) throw error;
    });
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}
