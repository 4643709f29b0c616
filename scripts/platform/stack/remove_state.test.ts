import { afterEach, beforeEach, expect, it } from "vitest";
import { claimInstance } from "./instance.ts";
import { makeReachableTempDir, reachablePlace } from "./postgres/account.ts";
import { removeState } from "./remove_state.ts";

let dir: string;

beforeEach(async () => {
  dir = await makeReachableTempDir("remove-test-");
});

afterEach(() => Deno.remove(dir, { recursive: true }));

const exists = (path: string) => Deno.stat(path).then(() => true, () => false);

it("removes what lies in the folder, and what Postgres had to keep elsewhere", async () => {
  // Nobody but root keeps anything elsewhere.
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
