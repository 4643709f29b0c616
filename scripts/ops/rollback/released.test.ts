import { afterEach, beforeEach, expect, test } from "vitest";
import { tag } from "../rehearse/published_releases.ts";
import { exportRelease } from "./released.ts";
import { REPOSITORY } from "../../dev/repository.ts";

const lock = JSON.parse(
  await Deno.readTextFile(`${REPOSITORY}/package-lock.json`),
);

let folder: string;

beforeEach(async () => {
  folder = await Deno.makeTempDir();
  await Deno.mkdir(`${folder}/supabase`);
  await Deno.mkdir(`${folder}/node_modules`);
  await Deno.writeTextFile(`${folder}/supabase/config.toml`, "");
});

afterEach(() => Deno.remove(folder, { recursive: true }));

/** Tags a version whose functions import these packages from the lock file. */
async function publish(version: string, packages: string[]) {
  const dependencies = Object.fromEntries(
    packages.map((
      name,
    ) => [name, lock.packages[`node_modules/${name}`].version]),
  );
  const locked = Object.fromEntries(packages.map((name) => {
    const path = `node_modules/${name}`;
    return [path, lock.packages[path]];
  }));
  const about = { name: "released", version };
  await Deno.writeTextFile(
    `${folder}/package.json`,
    JSON.stringify({ ...about, dependencies }),
  );
  await Deno.writeTextFile(
    `${folder}/package-lock.json`,
    JSON.stringify({
      ...about,
      lockfileVersion: 3,
      packages: { "": { ...about, dependencies }, ...locked },
    }),
  );
  await tag(folder, version);
}

test("an earlier release has the packages of its own lock file", async () => {
  await publish("0.1.0", ["jose"]);
  await publish("0.2.0", ["jose", "postgres"]);

  await using earlier = await exportRelease(folder, "0.1.0");
  const installed = [...Deno.readDirSync(`${earlier.directory}/node_modules`)]
    .map(({ name }) => name).filter((name) => !name.startsWith("."));
  expect(installed).toEqual(["jose"]);

  await using latest = await exportRelease(folder, "0.2.0");
  expect(await Deno.readLink(`${latest.directory}/node_modules`))
    .toBe(`${folder}/node_modules`);
});
