import { expect, test } from "vitest";
import { machineRelease, readDistribution } from "./debian_release.ts";

const OS_RELEASES: [name: string, text: string, glibc: [number, number], release: string][] = [
  ["Debian 12", 'PRETTY_NAME="Debian GNU/Linux 12"\nID=debian\nVERSION_CODENAME=bookworm\n', [2, 36], "bookworm"],
  ["Debian 13", "ID=debian\nVERSION_CODENAME=trixie\n", [2, 41], "trixie"],
  ["Debian's next", "ID=debian\nVERSION_CODENAME=forky\n", [2, 42], "forky"],
  ["Ubuntu 22.04", "ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=jammy\n", [2, 35], "bullseye"],
  ["Ubuntu 24.04", 'ID="ubuntu"\nID_LIKE="debian"\nVERSION_CODENAME="noble"\n', [2, 39], "bookworm"],
  ["Ubuntu 26.04", "ID=ubuntu\nVERSION_CODENAME=resolute\n", [2, 43], "trixie"],
  ["a derivative without codename", "ID=mint\n", [2, 39], "bookworm"],
  ["a machine without a release", "", [2, 36], "bookworm"],
  ["Debian's testing, which names none", "ID=debian\n", [2, 42], "trixie"],
];

test.each(OS_RELEASES)("takes the libraries that %s can load", async (_name, text, glibc, release) => {
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, text);
  expect(await machineRelease(await readDistribution(file), glibc)).toBe(release);
  await Deno.remove(file);
});

test("does not take another distribution for Debian", async () => {
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, "ID_LIKE=debian\nID=ubuntu\nVERSION_CODENAME=noble\n");
  expect(await readDistribution(file)).toEqual({ isDebian: false, codename: "noble" });
  expect(await readDistribution("/nonexistent")).toEqual({ isDebian: false, codename: undefined });
  await Deno.remove(file);
});
