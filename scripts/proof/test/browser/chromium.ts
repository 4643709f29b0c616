import { dirname } from "node:path";
import { ErrorWithRemedy } from "../../../dev/error_with_remedy.ts";
import { unpackPackages } from "../../../platform/stack/postgres/debian_packages.ts";
import { machineRelease } from "../../../platform/stack/postgres/debian_release.ts";
import { machineOf } from "../../../platform/stack/postgres/machine.ts";
import { STATE_DIR } from "../../../platform/stack/state_dir.ts";
import { isThere } from "../../../dev/files.ts";

/** A browser that a test can start. */
export interface Chromium {
  executable: string;
  /** What it needs in its environment. */
  env: Record<string, string>;
}

/** Chromium by the names that distributions give it. */
const NAMES = ["chromium", "chromium-browser", "google-chrome"];
const HOME = `${STATE_DIR}/chromium`;
/** Where Debian's packages put libraries, below the folder of the machine's architecture. */
const LIBRARY_FOLDERS = ["", "/nss", "/pulseaudio"];

/**
 * The machine's Chromium, or Debian's, unpacked into the project's state folder: nothing is installed, and any user may
 * do it. Two processes may call it at once: one downloads, and the other waits.
 * @throws {ErrorWithRemedy} if there is none and it cannot be downloaded
 */
export async function findChromium(
  onProgress: (step: string) => void,
  { path = Deno.env.get("PATH") ?? "", place = HOME, unpack = unpackPackages } = {},
): Promise<Chromium> {
  return await onMachine(path) ?? await unpacked(onProgress, place, unpack);
}

async function onMachine(path: string): Promise<Chromium | undefined> {
  for (const name of NAMES) {
    for (const folder of path.split(":")) {
      const executable = `${folder}/${name}`;
      if (await isThere(executable)) return { executable, env: {} };
    }
  }
}

async function unpacked(
  onProgress: (step: string) => void,
  place: string,
  unpack: typeof unpackPackages,
): Promise<Chromium> {
  const suite = await machineRelease();
  const home = `${place}/${suite}`;
  if (!await isThere(home)) {
    await Deno.mkdir(place, { recursive: true });
    using lock = await Deno.open(`${place}/lock`, { create: true, write: true });
    await lock.lock(true);
    if (!await isThere(home)) {
      onProgress("Fetching Chromium from Debian, about 120 MB, once");
      await fetchInto(home, suite, unpack);
    }
  }
  return {
    executable: `${home}/usr/lib/chromium/chromium`,
    env: {
      LD_LIBRARY_PATH: LIBRARY_FOLDERS.map((folder) => `${home}/usr/lib/${machineOf().libraries}${folder}`).join(":"),
      FONTCONFIG_FILE: `${home}/fonts.conf`,
    },
  };
}

async function fetchInto(home: string, suite: string, unpack: typeof unpackPackages): Promise<void> {
  const scratch = await Deno.makeTempDir({ dir: dirname(home) });
  try {
    const into = `${scratch}/unpacked`;
    await unpack(
      { what: "Chromium", names: ["chromium", "fonts-dejavu-core"], suite, withDependencies: true },
      `${scratch}/apt`,
      into,
    );
    await Deno.writeTextFile(`${into}/fonts.conf`, fontSettings(home));
    // Renamed at the end, so that an existing folder is complete.
    await Deno.rename(into, home);
  } catch (cause) {
    throw new ErrorWithRemedy(
      `There is no Chromium, and Debian's could not be fetched: ${cause instanceof Error ? cause.message : cause}`,
      "Install one (on Debian, as root: apt-get install chromium), then run the command again.",
      { cause },
    );
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}

/** The machine's fonts and the unpacked ones. */
function fontSettings(home: string): string {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>/usr/share/fonts</dir>
  <dir>${home}/usr/share/fonts</dir>
  <cachedir>${home}/font-cache</cachedir>
</fontconfig>
`;
}
