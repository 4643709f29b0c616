import { afterEach, beforeEach, expect, it } from "vitest";
import { claimInstance } from "./instance.ts";
import { makeReachableTempDir, reachablePlace } from "./postgres/account.ts";
import { removeData, removeState } from "./remove_state.ts";

let dir: string;

beforeEach(async () => {
  dir = await makeReachableTempDir("remove-test-");
});

afterEach(() => Deno.remove(dir, { recursive: true }));

const exists = (path: string) => Deno.stat(path).then(() => true, () => false);

it("removes the folder's contents, and what Postgres keeps elsewhere", async () => {
  // Only root's stack keeps files elsewhere.
  const state = `${dir}/closed/state`;
  await Deno.mkdir(`${state}/storage`, { recursive: true });
  await Deno.chmod(`${dir}/closed`, 0o700);
  const data = await reachablePlace(`${state}/data`);
  await Deno.mkdir(data, { recursive: true });
  expect(data.startsWith(dir)).toBe(Deno.uid() !== 0);

  await removeState(state);
  expect([await exists(data), await exists(state)]).toEqual([false, false]);
});

it("refuses while a stack runs in the folder", async () => {
  const running = await claimInstance(dir);
  await expect(removeState(dir)).rejects.toThrow("already running");
  running.release();
  expect(await exists(dir)).toBe(true);
  await removeState(dir);
  await Deno.mkdir(dir);
});

it("removes the database and the stored bytes, and leaves the logs", async () => {
  await Deno.mkdir(`${dir}/data`);
  await Deno.mkdir(`${dir}/storage`);
  await Deno.writeTextFile(`${dir}/postgres.log`, "");
  for (let time = 0; time < 2; time++) {
    await removeData(dir);
    expect([await exists(`${dir}/data`), await exists(`${dir}/storage`)])
      .toEqual([false, false]);
  }
  expect(await exists(`${dir}/postgres.log`)).toBe(true);
});

it("removes no data while a stack runs in the folder", async () => {
  await Deno.mkdir(`${dir}/data`);
  const running = await claimInstance(dir);
  await expect(removeData(dir)).rejects.toThrow("already running");
  running.release();
  expect(await exists(`${dir}/data`)).toBe(true);
});
