import { afterEach, beforeEach, expect, it } from "vitest";
import { findChromium } from "./chromium.ts";

let place: string;

beforeEach(async () => {
  place = await Deno.makeTempDir();
});
afterEach(() => Deno.remove(place, { recursive: true }));

const nothing = () => {};
const names = () => [...Deno.readDirSync(place)].map(({ name }) => name);

it("takes the machine's Chromium when there is one", async () => {
  await Deno.writeTextFile(`${place}/chromium`, "");
  const found = await findChromium(nothing, {
    path: `/nowhere:${place}`,
    unpack: () => Promise.reject(new Error("no")),
  });
  expect(found).toEqual({ executable: `${place}/chromium`, env: {} });
});

it("unpacks Debian's once when the machine has none", async () => {
  let count = 0;
  const unpack = async (_packages: unknown, _scratch: string, into: string) => {
    count++;
    await Deno.mkdir(`${into}/usr/lib/chromium`, { recursive: true });
    await Deno.writeTextFile(`${into}/usr/lib/chromium/chromium`, "");
  };
  for (let run = 1; run <= 2; run++) {
    const { executable, env } = await findChromium(nothing, { path: "", place, unpack });
    expect((await Deno.stat(executable)).isFile).toBe(true);
    expect(await Deno.readTextFile(env.FONTCONFIG_FILE)).toContain("<fontconfig>");
  }
  expect(count).toBe(1);
});

it("says how to install one and leaves nothing when it can neither be found nor fetched", async () => {
  const unpack = () => Promise.reject(new Error("the mirror does not answer"));
  await expect(findChromium(nothing, { path: "", place, unpack })).rejects.toMatchObject({
    message: expect.stringContaining("the mirror does not answer"),
    remedy: expect.stringContaining("apt-get install chromium"),
  });
  expect(names()).toEqual(["lock"]);
});
