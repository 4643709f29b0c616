import { afterEach, beforeEach, expect, test } from "vitest";
import { changedFunctions, FunctionSourceReader, SourceError } from "./function_sources.ts";

let dir: string;
let reader: FunctionSourceReader;

beforeEach(async () => {
  dir = await Deno.realPath(await Deno.makeTempDir());
  await write("api/index.ts", 'import { a } from "../_shared/a.ts"; a();');
  await write(
    "worker/index.ts",
    'import "npm-package"; console.log("worker");',
  );
  await write("_shared/a.ts", "export const a = () => {};");
  await write("_shared/index.ts", "export {};");
  reader = new FunctionSourceReader(dir);
});

afterEach(async () => {
  await reader[Symbol.asyncDispose]();
  await Deno.remove(dir, { recursive: true });
});

async function write(path: string, text: string): Promise<void> {
  const place = `${dir}/supabase/functions/${path}`;
  await Deno.mkdir(place.replace(/\/[^/]+$/, ""), { recursive: true });
  await Deno.writeTextFile(place, text);
}

/** The functions that a change of files touches. */
async function changedBy(change: () => Promise<void>) {
  const before = await reader.read();
  await change();
  return Object.fromEntries(changedFunctions(before, await reader.read()));
}

test("names the functions that import a changed file", async () => {
  expect(await changedBy(() => write("_shared/a.ts", "export const a = 1;")))
    .toEqual({ api: ["supabase/functions/_shared/a.ts"] });
});

test("names no function when a file is saved as it was, or belongs to none", async () => {
  expect(
    await changedBy(async () => {
      await write("_shared/a.ts", "export const a = () => {};");
      await write("_shared/b.ts", "export const b = 1;");
    }),
  ).toEqual({});
});

test("names a function that begins to import a file, and one that is new", async () => {
  expect(
    await changedBy(async () => {
      await write("_shared/b.ts", "console.log();");
      await write("worker/index.ts", 'import "../_shared/b.ts";');
      await write("echo/index.ts", "console.log();");
    }),
  ).toEqual({
    worker: [
      "supabase/functions/_shared/b.ts",
      "supabase/functions/worker/index.ts",
    ],
    echo: ["supabase/functions/echo/index.ts"],
  });
});

test.each([
  ["a syntax error", "const a = ;", /_shared\/a\.ts:1: Unexpected ";"/],
  [
    "a missing import",
    'import "./b.ts";',
    /_shared\/a\.ts:1: Could not resolve "\.\/b\.ts"/,
  ],
])(
  "names the place of %s, and reads again once it is corrected",
  async (_what, text, message) => {
    await write("_shared/a.ts", text);
    const failure = await reader.read().catch((error) => error);
    expect(failure).toBeInstanceOf(SourceError);
    expect(failure.message).toMatch(message);
    await write("_shared/a.ts", "export const a = 1;");
    expect([...(await reader.read()).files.keys()]).toEqual(["api", "worker"]);
  },
);
