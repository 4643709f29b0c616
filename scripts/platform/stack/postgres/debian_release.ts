import { glibcVersion } from "./machine.ts";
import { isOlder } from "./retarget_glibc.ts";

/** Debian's releases and their C libraries, oldest first. */
const RELEASES: [codename: string, glibc: [number, number]][] = [
  ["bullseye", [2, 31]],
  ["bookworm", [2, 36]],
  ["trixie", [2, 41]],
];

/** A distribution's own words about itself, in `/etc/os-release`. */
export interface Distribution {
  isDebian: boolean;
  codename?: string;
}

export async function readDistribution(path = "/etc/os-release"): Promise<Distribution> {
  const text = await Deno.readTextFile(path).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  });
  const value = (name: string) => new RegExp(`^${name}="?([\\w.-]+)`, "m").exec(text)?.[1];
  return { isDebian: value("ID") === "debian", codename: value("VERSION_CODENAME") };
}

/**
 * The Debian release whose libraries run on this machine: its own on Debian; elsewhere, on Ubuntu for instance, the
 * newest whose C library is not newer than the machine's.
 */
export async function machineRelease(
  distribution?: Distribution,
  glibc?: [number, number],
): Promise<string> {
  const { isDebian, codename } = distribution ?? await readDistribution();
  if (isDebian && codename) return codename;
  const machine = glibc ?? await glibcVersion();
  const fitting = RELEASES.filter(([, needed]) => !isOlder(machine, needed));
  return (fitting.at(-1) ?? RELEASES[0])[0];
}
