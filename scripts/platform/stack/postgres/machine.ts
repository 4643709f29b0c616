import { hasCommand, run } from "../../../dev/command.ts";
import { ErrorWithRemedy } from "../../../dev/error_with_remedy.ts";

const USE_DOCKER =
  "Where Docker is available, npm run start:docker brings up Supabase's own local stack instead, without keys.";
const SUPPORTED = "Debian 12 or 13, or Ubuntu 22.04 or later";

/** The names of one kind of machine in the worlds that its Postgres comes from. */
export interface Machine {
  /** Of npm's package with Postgres. */
  npm: string;
  /** Of Debian's packages. */
  debian: string;
  /** The folder of their libraries. */
  libraries: string;
  /** The program that starts others with a C library of their own. */
  loader: string;
}

const MACHINES: Record<string, Machine> = {
  x86_64: {
    npm: "linux-x64",
    debian: "amd64",
    libraries: "x86_64-linux-gnu",
    loader: "ld-linux-x86-64.so.2",
  },
  aarch64: {
    npm: "linux-arm64",
    debian: "arm64",
    libraries: "aarch64-linux-gnu",
    loader: "ld-linux-aarch64.so.1",
  },
};

/** @throws {ErrorWithRemedy} if the embedded Postgres is not built for this kind of machine */
export function machineOf(
  { os, arch }: { os: string; arch: string } = Deno.build,
): Machine {
  const machine = os === "linux" ? MACHINES[arch] : undefined;
  if (machine) return machine;
  throw new ErrorWithRemedy(
    `The embedded Postgres runs on Linux on x64 and arm64; this machine is ${os} ${arch}.`,
    USE_DOCKER,
  );
}

/** @throws {ErrorWithRemedy} naming the command that installing and starting Postgres needs and this machine lacks */
export async function checkCommands(): Promise<void> {
  for (const command of ["apt-get", "dpkg"]) {
    if (await hasCommand(command)) continue;
    throw new ErrorWithRemedy(
      `This machine has no ${command}: the Postgres extensions come from Debian's packages.`,
      `Use ${SUPPORTED}. ${USE_DOCKER}`,
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
      `Use ${SUPPORTED}. ${USE_DOCKER}`,
    );
  }
  return [Number(major), Number(minor)];
}

/** The remedy where an extension does not load on the machine's C library. */
export const USE_NEWER = `Use ${SUPPORTED}. ${USE_DOCKER}`;
