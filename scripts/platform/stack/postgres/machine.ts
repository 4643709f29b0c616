import { hasCommand, run } from "../../../dev/command.ts";
import { ErrorWithRemedy } from "../../../dev/error_with_remedy.ts";

const USE_DOCKER = "Where Docker is available, `npx supabase start` brings up Supabase's own local stack instead.";

/** @throws {ErrorWithRemedy} if the embedded Postgres is not built for this kind of machine */
export function checkPlatform(
  { os, arch }: { os: string; arch: string } = Deno.build,
): void {
  if (os !== "linux" || arch !== "x86_64") {
    throw new ErrorWithRemedy(
      `The embedded Postgres runs on Linux x64; this machine is ${os} ${arch}.`,
      USE_DOCKER,
    );
  }
}

/** @throws {ErrorWithRemedy} naming the command that installing and starting Postgres needs and this machine lacks */
export async function checkCommands(): Promise<void> {
  for (const command of ["apt-get", "dpkg"]) {
    if (await hasCommand(command)) continue;
    throw new ErrorWithRemedy(
      `This machine has no ${command}: the Postgres extensions come from Debian's packages.`,
      `Use Debian 12 or 13. ${USE_DOCKER}`,
    );
  }
  for (const command of ["setpriv", "setsid"]) {
    if (await hasCommand(command)) continue;
    throw new ErrorWithRemedy(
      `This machine has no ${command}, which starts Postgres.`,
      "Install the package util-linux.",
    );
  }
}

/**
 * The machine's C library, as [major, minor].
 * @throws {ErrorWithRemedy} if it is not glibc, which the binaries are built for
 */
export async function glibcVersion(): Promise<[number, number]> {
  const said = await run("getconf", ["GNU_LIBC_VERSION"]).catch(() => "");
  const [, major, minor] = /^glibc (\d+)\.(\d+)/.exec(said) ?? [];
  if (major === undefined) {
    throw new ErrorWithRemedy(
      "The embedded Postgres is built for glibc, which this machine does not have.",
      `Use Debian 12 or 13. ${USE_DOCKER}`,
    );
  }
  return [Number(major), Number(minor)];
}
