import { CommandError, run } from "../../../dev/command.ts";
import { machineMirror } from "./debian_mirror.ts";
import { readDistribution } from "./debian_release.ts";
import { machineOf } from "./machine.ts";
import { ErrorWithRemedy } from "../../../dev/error_with_remedy.ts";

export interface DebianPackages {
  /** A name for people: "The Postgres extensions". */
  what: string;
  /** Each is the newest that the release has. */
  names: string[];
  /** The Debian release to take them from. */
  suite: string;
  /** Also those of the packages they depend on that this machine lacks. Needs the machine's own release. */
  withDependencies?: boolean;
}

/** Debian's list of the packages that are installed. */
const INSTALLED = "/var/lib/dpkg/status";

/**
 * Downloads packages and unpacks them below `into` without installing them. Works as any user: apt gets sources, lists
 * and caches of its own below `scratch`. The machine's other apt settings (proxies, credentials) apply.
 * @throws {ErrorWithRemedy} with apt's own message
 */
export async function unpackPackages(
  { what, names, suite, withDependencies }: DebianPackages,
  scratch: string,
  into: string,
): Promise<void> {
  const mirror = await machineMirror(await readDistribution());
  const { debian: architecture } = machineOf();
  if (!await isFile(mirror.keyring)) {
    throw new ErrorWithRemedy(
      `Debian's packages cannot be verified: ${mirror.keyring} is missing.`,
      "Install the package debian-archive-keyring, which Ubuntu has too (sudo apt-get install debian-archive-keyring).",
    );
  }
  const downloads = `${scratch}/downloads`;
  for (
    const dir of [
      `${scratch}/lists/partial`,
      `${scratch}/cache/archives/partial`,
      downloads,
      into,
    ]
  ) {
    await Deno.mkdir(dir, { recursive: true });
  }
  await Deno.writeTextFile(
    `${scratch}/sources.list`,
    // The target keeps apt from fetching what desktops add: icons, file lists, translations.
    `deb [arch=${architecture} target=Packages signed-by=${mirror.keyring}] ${mirror.uri} ${suite} main\n`,
  );
  await Deno.writeTextFile(`${scratch}/status`, "");

  const settings = aptSettings(scratch, architecture);
  try {
    await run("apt-get", [...settings, "-qq", "update"], { cwd: downloads });
    const wanted = withDependencies ? await lackingFor(names, settings) : names;
    await run("apt-get", [...settings, "-qq", "download", ...wanted], {
      cwd: downloads,
    });
    for await (const { name } of Deno.readDir(downloads)) {
      await run("dpkg", ["--extract", `${downloads}/${name}`, into]);
    }
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new ErrorWithRemedy(
      `${what} could not be fetched from ${mirror.uri}.\n${error.message}`,
      "Check that this machine is online and reaches that mirror (`apt-get update` as root shows it), that the package " +
        "debian-archive-keyring is up to date, and that the disk is not full. Then start again.",
      { cause: error },
    );
  }
}

/** What apt would install for these packages. It only simulates, as any user. */
async function lackingFor(names: string[], settings: string[]): Promise<string[]> {
  const asInstalled = ["-o", `Dir::State::status=${INSTALLED}`];
  const plan = await run("apt-get", [
    ...settings,
    ...asInstalled,
    ...["--simulate", "--no-install-recommends", "install", ...names],
  ]);
  return [...plan.matchAll(/^Inst (\S+)/gm)].map(([, name]) => name);
}

function aptSettings(scratch: string, architecture: string): string[] {
  return [
    `Dir::Etc::sourcelist=${scratch}/sources.list`,
    "Dir::Etc::sourceparts=/dev/null",
    "Dir::Etc::preferences=/dev/null",
    "Dir::Etc::preferencesparts=/dev/null",
    `Dir::State=${scratch}`,
    `Dir::State::lists=${scratch}/lists`,
    `Dir::State::status=${scratch}/status`,
    `Dir::Cache=${scratch}/cache`,
    `Dir::Cache::archives=${scratch}/cache/archives`,
    // Apt's own account could not write into a directory of ours.
    "APT::Sandbox::User=root",
    // A machine pinned to its own release would refuse a source of another.
    "APT::Default-Release=",
    `APT::Architecture=${architecture}`,
    // Nothing of another one, whatever the machine also has.
    `APT::Architectures=${architecture}`,
    "Acquire::Retries=3",
    // Without it apt takes a mirror that it cannot reach for an empty one.
    "APT::Update::Error-Mode=any",
  ].flatMap((setting) => ["-o", setting]);
}

function isFile(path: string): Promise<boolean> {
  return Deno.stat(path).then((stat) => stat.isFile, () => false);
}
