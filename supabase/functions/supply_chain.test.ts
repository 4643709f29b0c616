import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";

const root = new URL("../../", import.meta.url);
const read = async (path: string) => await readFile(new URL(path, root), "utf8");
const readJson = async (path: string) => JSON.parse(await read(path));

/** Licences that permit use and distribution with their notices kept. */
const PERMISSIVE = [
  "MIT",
  "Apache-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "ISC",
  "0BSD",
  "Unlicense",
  "PSF-2.0",
];

interface Locked {
  version?: string;
  integrity?: string;
  link?: boolean;
  dev?: boolean;
  devOptional?: boolean;
  optional?: boolean;
  os?: string[];
}
const lock: Record<string, Locked> = (await readJson("package-lock.json")).packages;
const deployed = Object.entries(lock).filter(
  ([path, { dev, devOptional, optional }]) => path !== "" && !dev && !devOptional && !optional,
);

describe("what is installed", () => {
  it("is pinned to the version", async () => {
    const { dependencies, devDependencies, optionalDependencies } = await readJson("package.json");
    for (
      const [name, version] of Object.entries({
        ...dependencies,
        ...devDependencies,
        ...optionalDependencies,
      })
    ) {
      expect([name, version]).toEqual([
        name,
        // An alias, where two versions of one package are installed.
        expect.stringMatching(
          /^(npm:@?[\w./-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/,
        ),
      ]);
    }
  });

  it("installs on every system: packages for one system are optional", () => {
    for (const [path, { os, optional, devOptional }] of Object.entries(lock)) {
      if (os) expect([path, optional || devOptional]).toEqual([path, true]);
    }
  });

  it("has a digest in the lock file", () => {
    expect(Object.keys(lock).length).toBeGreaterThan(100);
    for (const [path, { integrity }] of Object.entries(lock)) {
      if (path === "") continue;
      expect([path, integrity]).toEqual([
        path,
        expect.stringMatching(/^sha512-/),
      ]);
    }
  });
});

describe("what deploys", () => {
  it("has a permissive licence", async () => {
    for (const [path] of deployed) {
      const { license } = await readJson(`${path}/package.json`);
      expect([path, PERMISSIVE.includes(license)]).toEqual([path, true]);
    }
  });
});
