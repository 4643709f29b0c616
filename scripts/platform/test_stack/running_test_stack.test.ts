import { afterEach, beforeEach, expect, test } from "vitest";
import { announceTestStack, findTestStack } from "./running_test_stack.ts";
import type { TestStack } from "./test_stack.ts";

let dir: string;
let note: string;

beforeEach(async () => {
  dir = await Deno.makeTempDir();
  note = `${dir}/note.json`;
});

afterEach(() => Deno.remove(dir, { recursive: true }));

/** What answers as the stack of a process. */
function serve(pid: number) {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => Response.json({ pid }),
  );
  const facts = { url: `http://127.0.0.1:${server.addr.port}` } as TestStack;
  return { facts, [Symbol.asyncDispose]: () => server.shutdown() };
}

test("finds the stack that was announced, until it ends", async () => {
  expect(await findTestStack(note)).toBeUndefined();
  await using server = serve(Deno.pid);
  {
    await using _announced = await announceTestStack(server.facts, note);
    expect(await findTestStack(note)).toEqual(server.facts);
  }
  expect(await findTestStack(note)).toBeUndefined();
});

test("finds none when another process answers at its address", async () => {
  await using server = serve(Deno.pid + 1);
  await using _announced = await announceTestStack(server.facts, note);
  expect(await findTestStack(note)).toBeUndefined();
});

test("finds none when nothing answers at its address", async () => {
  const server = serve(Deno.pid);
  await using _announced = await announceTestStack(server.facts, note);
  await server[Symbol.asyncDispose]();
  expect(await findTestStack(note)).toBeUndefined();
});
