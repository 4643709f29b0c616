import { expect, it } from "vitest";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";
import type { FolderStack } from "../stack/running_stack.ts";
import { findOrStart } from "./find_or_start.ts";

const RUNNING = { url: "http://127.0.0.1:1", pid: 2 } as FolderStack;
const CLAIMED = new ErrorWithRemedy("The stack is already running", "", { code: "instance_running" });

function scenario(parts: Partial<Parameters<typeof findOrStart>[0]>) {
  const waits: number[] = [];
  const outcome = findOrStart({
    find: () => Promise.resolve(undefined),
    isClaimed: () => Promise.resolve(false),
    start: () => Promise.resolve("started"),
    wait: () => waits.push(1),
    signal: new AbortController().signal,
    lookEvery: 1,
    ...parts,
  });
  return { outcome, waits };
}

it("uses the running stack", async () => {
  const { outcome } = scenario({ find: () => Promise.resolve(RUNNING) });
  expect(await outcome).toEqual({ running: RUNNING });
});

it("starts one when none runs", async () => {
  expect(await scenario({}).outcome).toEqual({ started: "started" });
});

it("waits, and says so once, while another command starts it", async () => {
  let looks = 0;
  const { outcome, waits } = scenario({
    find: () => Promise.resolve(++looks > 3 ? RUNNING : undefined),
    isClaimed: () => Promise.resolve(true),
  });
  expect(await outcome).toEqual({ running: RUNNING });
  expect(waits).toHaveLength(1);
});

it("starts one when the other command gave up", async () => {
  let looks = 0;
  const { outcome } = scenario({ isClaimed: () => Promise.resolve(++looks < 3) });
  expect(await outcome).toEqual({ started: "started" });
});

it("waits when another command was quicker", async () => {
  let starts = 0;
  const { outcome } = scenario({
    find: () => Promise.resolve(starts > 0 ? RUNNING : undefined),
    start() {
      starts++;
      return Promise.reject(CLAIMED);
    },
  });
  expect(await outcome).toEqual({ running: RUNNING });
});

it("reports whose the folder is when the other command takes too long", async () => {
  const { outcome } = scenario({
    isClaimed: () => Promise.resolve(true),
    start: () => Promise.reject(CLAIMED),
    within: 5,
  });
  await expect(outcome).rejects.toBe(CLAIMED);
});

it("ends when it is interrupted, and passes other failures on", async () => {
  const interrupted = new AbortController();
  const { outcome } = scenario({ isClaimed: () => Promise.resolve(true), signal: interrupted.signal });
  interrupted.abort(new Error("interrupted"));
  await expect(outcome).rejects.toThrow("interrupted");
  await expect(scenario({ start: () => Promise.reject(new Error("disk")) }).outcome).rejects.toThrow("disk");
});
