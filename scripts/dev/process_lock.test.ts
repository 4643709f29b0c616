import { afterEach, beforeEach, expect, it } from "vitest";

// The largest process number that Linux allows is below this one.
const NO_PROCESS = "4194305";
/** Takes the lock repeatedly, and fails if another process has it, too; two in three times it ends as if killed. */
const PROCESS = (lock: URL) => `
  import { mkdirSync, renameSync, rmdirSync, writeFileSync } from "node:fs";
  import { releaseLock, takeLock } from ${JSON.stringify(lock.href)};
  for (let turn = 1; turn <= Number(process.argv[2]); turn++) {
    while (!takeLock("lock")) await new Promise((resolve) => setTimeout(resolve, 1));
    mkdirSync("held");
    rmdirSync("held");
    if (turn % 3 === 0) releaseLock("lock");
    else {
      writeFileSync("left." + process.pid, "${NO_PROCESS}");
      renameSync("left." + process.pid, "lock");
    }
  }`;

let root: string;

async function run(turns: number) {
  const { code, stderr } = await new Deno.Command("node", {
    args: ["process.mjs", String(turns)],
    cwd: root,
    stdin: "null",
  }).output();
  return { code, error: new TextDecoder().decode(stderr) };
}

async function left(): Promise<string[]> {
  const names = await Array.fromAsync(Deno.readDir(root), ({ name }) => name);
  return names.filter((name) => name !== "process.mjs").sort();
}

beforeEach(async () => {
  root = await Deno.makeTempDir({ prefix: "process-lock-test-" });
  const lock = new URL("./process_lock.mjs", import.meta.url);
  await Deno.writeTextFile(`${root}/process.mjs`, PROCESS(lock));
});

afterEach(() => Deno.remove(root, { recursive: true }));

it("one process at a time has the lock, although holders are killed", async () => {
  const processes = Array.from({ length: 4 }, () => run(30));
  for (const end of await Promise.all(processes)) {
    expect(end).toEqual({ code: 0, error: "" });
  }
  expect(await left()).toEqual([]);
});

it("takes over the lock of a process that was killed during a takeover", async () => {
  await Deno.writeTextFile(`${root}/lock`, NO_PROCESS);
  await Deno.writeTextFile(`${root}/lock.takeover`, NO_PROCESS);
  expect(await run(1)).toEqual({ code: 0, error: "" });
  expect(await left()).toEqual(["lock"]);
});
