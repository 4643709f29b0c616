import { afterEach, beforeEach, expect, test } from "vitest";
import { fileChanges } from "./file_changes.ts";

let dir: string;
let ended: AbortController;
let changes: AsyncGenerator<string[], void>;

beforeEach(async () => {
  dir = await Deno.realPath(await Deno.makeTempDir());
  await Deno.mkdir(`${dir}/folder`);
  await Deno.writeTextFile(`${dir}/read.txt`, "read");
  ended = new AbortController();
  changes = fileChanges([dir], ended.signal);
});

afterEach(async () => {
  ended.abort();
  await changes.next();
  await Deno.remove(dir, { recursive: true });
});

const write = (path: string) => Deno.writeTextFile(`${dir}/${path}`, "x");

test("yields once when several files are saved together", async () => {
  const change = changes.next();
  await write("a.ts");
  await write("folder/b.ts");
  expect(await change).toEqual({
    done: false,
    value: [`${dir}/a.ts`, `${dir}/folder/b.ts`],
  });
});

test("yields what changes while the consumer is at work", async () => {
  const change = changes.next();
  await write("a.ts");
  await change;
  await write("c.ts");
  expect((await changes.next()).value).toEqual([`${dir}/c.ts`]);
});

test("yields nothing when a file is read", async () => {
  const change = changes.next();
  await Deno.readTextFile(`${dir}/read.txt`);
  await write("d.ts");
  expect((await change).value).toEqual([`${dir}/d.ts`]);
});

test("ends when it is aborted", async () => {
  const change = changes.next();
  ended.abort();
  expect(await change).toEqual({ done: true, value: undefined });
});
