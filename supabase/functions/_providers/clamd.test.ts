import { Buffer } from "node:buffer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { unpackPackages } from "../../../scripts/platform/stack/postgres/debian_packages.ts";
import { machineOf } from "../../../scripts/platform/stack/postgres/machine.ts";
import { machineRelease } from "../../../scripts/platform/stack/postgres/debian_release.ts";
import { freePort } from "../../../scripts/platform/stack/postgres/ports.ts";
import { createClamd, type Scanner } from "./scanner.ts";
import { EICAR } from "./testing/fake_clamd.ts";

/*
 * ClamAV's own daemon, from Debian's packages, unpacked and not installed, with
 * one signature of this test instead of ClamAV's hundreds of megabytes. Without
 * Debian's packages these tests are skipped, and say so.
 */

/** The daemon, and those of its libraries that are not on every machine. */
const PACKAGES = [
  "clamav-daemon",
  "libclamav12",
  "libmspack0",
  "libjson-c5",
  "libtfm1",
];

const dir = await Deno.makeTempDir({ prefix: "clamd-test-" });
const fetched = await fetchClamd().catch((error: Error) => {
  console.warn(`skipped: clamd could not be fetched: ${error.message}`);
  return false;
});

async function fetchClamd(): Promise<true> {
  const suite = await machineRelease();
  await unpackPackages(
    { what: "ClamAV", names: PACKAGES, suite },
    `${dir}/apt`,
    `${dir}/root`,
  );
  return true;
}

describe.skipIf(!fetched)("ClamAV's daemon", () => {
  let daemon: Deno.ChildProcess;
  let scanner: Scanner;

  beforeAll(async () => {
    await Deno.mkdir(`${dir}/signatures`);
    await Deno.writeTextFile(
      `${dir}/signatures/own.ndb`,
      `Test.Eicar:0:*:${Buffer.from(EICAR).toString("hex")}\n`,
    );
    for (let tries = 1; !await startsOn(freePort()); tries++) {
      if (tries === 5) throw new Error("clamd does not come up");
    }
  });

  /** False if another program took the port first. */
  async function startsOn(port: number): Promise<boolean> {
    await Deno.writeTextFile(
      `${dir}/clamd.conf`,
      [
        "Foreground yes",
        `DatabaseDirectory ${dir}/signatures`,
        `TemporaryDirectory ${dir}`,
        `TCPSocket ${port}`,
        "TCPAddr 127.0.0.1",
        "StreamMaxLength 1M",
        "",
      ].join("\n"),
    );
    const libraries = `${dir}/root/usr/lib/${machineOf().libraries}`;
    daemon = new Deno.Command(`${dir}/root/usr/sbin/clamd`, {
      args: [`--config-file=${dir}/clamd.conf`],
      env: { LD_LIBRARY_PATH: libraries },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    let ended = false;
    daemon.status.then(() => ended = true);
    scanner = createClamd(new URL(`tcp://127.0.0.1:${port}`));
    while (!ended) {
      const answers = await scanner.scan(new Uint8Array()).then(
        () => true,
        () => false,
      );
      if (answers) return true;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return false;
  }

  afterAll(async () => {
    daemon.kill("SIGTERM");
    await daemon.status;
  });

  it("finds EICAR's test text in an upload", async () => {
    const bytes = Buffer.from(`%PDF-1.7\n${"x".repeat(200_000)}${EICAR}`);
    expect(await scanner.scan(bytes)).toMatch(/^Test\.Eicar/);
  });

  it("finds nothing in a clean upload", async () => {
    const handbook = await Deno.readFile(
      new URL("../../../scripts/dev/demo/handbook.pdf", import.meta.url),
    );
    expect(await scanner.scan(handbook)).toBeNull();
  });

  it("throws when the upload is too large for it", async () => {
    await expect(scanner.scan(new Uint8Array(5_000_000))).rejects
      .toMatchObject({ code: "SCANNER_UNAVAILABLE" });
  });
});

afterAll(() => Deno.remove(dir, { recursive: true }));
