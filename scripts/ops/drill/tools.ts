import { Buffer } from "node:buffer";
import { checkCommands } from "../../platform/stack/postgres/machine.ts";
import { unpackPackages } from "../../platform/stack/postgres/debian_packages.ts";
import { machineRelease } from "../../platform/stack/postgres/debian_release.ts";
import { STATE_DIR } from "../../platform/stack/state_dir.ts";
import { isThere } from "../../dev/files.ts";

const HOME = `${STATE_DIR}/monitoring`;

/** The folder with the unpacked programs of the machine's Debian release. */
export interface MonitoringTools {
  /** The working directory of both servers. */
  home: string;
  prometheus: string;
  promtool: string;
  alertmanager: string;
  amtool: string;
}

/**
 * Downloads Prometheus and Alertmanager from Debian unless they exist. Two processes may call it at once: one
 * downloads, and the other waits.
 * @throws {ErrorWithRemedy} if they cannot be downloaded
 */
export async function installMonitoringTools(): Promise<MonitoringTools> {
  const suite = await machineRelease();
  const home = `${HOME}/${suite}`;
  if (!await isThere(home)) {
    await Deno.mkdir(HOME, { recursive: true });
    using lock = await Deno.open(`${HOME}/lock`, { create: true, write: true });
    await lock.lock(true);
    if (!await isThere(home)) await fetchInto(home, suite);
  }
  const bin = `${home}/usr/bin`;
  return {
    home,
    prometheus: `${bin}/prometheus`,
    promtool: `${bin}/promtool`,
    alertmanager: `${bin}/prometheus-alertmanager`,
    amtool: `${bin}/amtool`,
  };
}

async function fetchInto(home: string, suite: string): Promise<void> {
  await checkCommands();
  const scratch = await Deno.makeTempDir({ dir: HOME });
  try {
    await unpackPackages(
      {
        what: "Prometheus and Alertmanager",
        names: ["prometheus", "prometheus-alertmanager"],
        suite,
      },
      `${scratch}/apt`,
      `${scratch}/unpacked`,
    );
    await relocate(`${scratch}/unpacked/usr/bin/prometheus-alertmanager`);
    // Renamed at the end, so that an existing folder is complete.
    await Deno.rename(`${scratch}/unpacked`, home);
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}

/**
 * Debian's Alertmanager reads its templates from the package's install path. Here it looks for them below its working
 * directory: a path of the same length, because the program stores the string's length elsewhere.
 */
async function relocate(program: string): Promise<void> {
  const bytes = Buffer.from(await Deno.readFile(program));
  const installed = "/usr/share/prometheus/alertmanager";
  const relative = "usr//share/prometheus/alertmanager";
  for (
    let at = bytes.indexOf(installed);
    at >= 0;
    at = bytes.indexOf(installed, at)
  ) bytes.write(relative, at, "latin1");
  await Deno.writeFile(program, bytes);
}
