import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { bundleFunctions, MAX_FUNCTION_BYTES } from "../../dev/build/bundle.ts";
import { buildFunctions } from "../../dev/build/build_functions.ts";
import { isBuilt } from "../../dev/build/built_functions.mjs";
import { inspectFunctions } from "./inspect_functions.ts";
import { inspectUpload } from "./inspect_upload.ts";
import { rehearse } from "./rehearse.ts";
import { REPOSITORY } from "../../dev/repository.ts";

/** A function like the project's: its own import map, shared code, and the file that is built from it. */
const FILES = {
  "supabase/config.toml": `project_id = "x"

[functions.hello]
verify_jwt = false
entrypoint = "./functions/_built/0.0.1/hello.js"
`,
  "supabase/functions/hello/deno.json": `{"imports":{"jose":"npm:jose@6.2.17"}}`,
  "supabase/functions/hello/index.ts":
    `import { word } from "../_shared/word.ts";\nDeno.serve(() => new Response(word));\n`,
  "supabase/functions/_shared/word.ts":
    `import { base64url } from "jose";\nexport const word: string = base64url.encode("a");\n`,
};

let folder: string;
let source: string;

beforeEach(async () => {
  folder = await Deno.realPath(await Deno.makeTempDir());
  source = `${folder}/inside`;
  await Deno.mkdir(source);
  await Deno.symlink(`${REPOSITORY}/node_modules`, `${source}/node_modules`);
});

afterEach(() => Deno.remove(folder, { recursive: true }));

/** Writes the function with some files changed; null removes a file. */
async function write(changes: Record<string, string | null> = {}) {
  for (const [path, text] of Object.entries({ ...FILES, ...changes })) {
    if (text === null) continue;
    const target = `${source}/${path}`;
    await Deno.mkdir(dirname(target), { recursive: true });
    await Deno.writeTextFile(target, text);
  }
}

const bundle = async () => (await bundleFunctions(source, ["hello"])).get("hello")!;

function uploadOf(bytes: Uint8Array<ArrayBuffer>) {
  const path = "supabase/functions/hello/index.js";
  return inspectUpload({
    slug: "hello",
    metadata: { name: "hello", entrypoint_path: path, verify_jwt: false },
    files: [{ path, bytes }],
  });
}

test("the functions import only what their import maps name, in one version", async () => {
  expect(await inspectFunctions(REPOSITORY, { types: false })).toEqual([]);
});

test("a complete function is built into one file without further imports", async () => {
  await write();
  expect(await inspectFunctions(source)).toEqual([]);
  const bytes = await bundle();
  expect(await uploadOf(bytes)).toEqual([]);
  // Only the used part: the package is more than a hundred times as large.
  expect(bytes.length).toBeLessThan(3000);
});

test.each([
  [
    "a missing file",
    { "supabase/functions/_shared/word.ts": null },
    /word\.ts/,
  ],
  [
    "a range of versions",
    {
      "supabase/functions/hello/deno.json": `{"imports":{"jose":"npm:jose@^6.2.17"}}`,
    },
    /jose@\^6\.2\.17, without an exact version/,
  ],
  [
    "a package without a version",
    {
      "supabase/functions/_shared/word.ts":
        `import { base64url } from "npm:jose";\nexport const word = base64url.encode("a");\n`,
    },
    /npm:jose, without an exact version/,
  ],
  [
    "a name that the import map lacks, but which is installed",
    {
      "supabase/functions/_shared/word.ts": `import { z } from "zod";\nexport const word = z.string().parse("a");\n`,
    },
    /imports zod, which its import map lacks/,
  ],
  [
    "code from the network",
    {
      "supabase/functions/_shared/word.ts": `export { word } from "https://127.0.0.1:1/word.ts";\n`,
    },
    /127\.0\.0\.1:1\/word\.ts/,
  ],
  [
    "code from outside the tree",
    {
      "supabase/functions/_shared/word.ts": `export { word } from "../../../../word.ts";\n`,
      "../word.ts": `export const word = "a";\n`,
    },
    /word\.ts/,
  ],
  [
    "a missing import map",
    {
      "supabase/functions/hello/deno.json": null,
      "supabase/functions/deno.json": `{"imports":{"jose":"npm:jose@6.2.17"}}`,
    },
    /hello has no import map/,
  ],
  [
    "a type error",
    {
      "supabase/functions/_shared/word.ts": `export const word: string = 1;\n`,
    },
    /do not type-check[\s\S]*word\.ts/,
  ],
])("%s fails the rehearsal", async (_what, changes, message) => {
  await write(changes);
  await expect(rehearse({ source, report() {} })).rejects.toThrow(message);
});

test("a privileged statement in a migration fails the rehearsal", async () => {
  await write({
    "supabase/config.toml": `project_id = "x"

[functions.api]
entrypoint = "./functions/_built/api.js"

[functions.hello]
entrypoint = "./functions/_built/hello.js"
`,
    "package.json": "{}",
    "package-lock.json": "{}",
    "supabase/functions/api/version.ts": `export const VERSION = "0.0.1";\n`,
    "supabase/functions/api/index.ts": `import "./version.ts";\n`,
    "supabase/functions/api/deno.json": `{"imports":{}}`,
    "supabase/migrations/20260101000000_privileged.sql": "alter system set work_mem = '1GB';\n",
  });
  await expect(rehearse({ source, report() {} })).rejects
    .toThrow(/permission denied[\s\S]*work_mem/);
}, 60_000);

test.each([
  ["a missing file", `export { word } from "./gone.ts";`, /gone\.ts/],
  [
    "an uninstalled package",
    `export { word } from "not-installed";`,
    /not-installed/,
  ],
  [
    "code from the network",
    `export { word } from "https://127.0.0.1:1/word.ts";`,
    /it imports https:\/\/127\.0\.0\.1:1\/word\.ts/,
  ],
  [
    "code from the network at run time",
    `export const { word } = await import("https://127.0.0.1:1/word.ts");`,
    /it imports https:\/\/127\.0\.0\.1:1\/word\.ts/,
  ],
  [
    "a file too large for hosted",
    `export const word = "${"a".repeat(MAX_FUNCTION_BYTES)}";`,
    /hello has 5\.0 MB; hosted takes 5\.0/,
  ],
])("%s stops a deployment before it begins", async (_what, text, message) => {
  await write({ "supabase/functions/_shared/word.ts": text });
  await expect(bundle()).rejects.toThrow(message);
});

test("a bundle uses syntax of hosted's runtime", async () => {
  await write({
    "supabase/functions/_shared/word.ts":
      `await using closing = { async [Symbol.asyncDispose]() {} };\nexport const word = String(closing);\n`,
  });
  expect(new TextDecoder().decode(await bundle())).not.toMatch(/await using/);
});

test("a package may try to import another that is not installed, and continue without it", async () => {
  await write({
    "supabase/functions/_shared/word.ts": `import { get } from "tries-another";\nexport const word = await get();\n`,
  });
  await Deno.remove(`${source}/node_modules`);
  const place = `${source}/node_modules/tries-another`;
  await Deno.mkdir(place, { recursive: true });
  await Deno.writeTextFile(`${place}/package.json`, `{"main":"index.mjs"}`);
  await Deno.writeTextFile(
    `${place}/index.mjs`,
    `export const get = () => import("not-installed").then(() => "with", () => "without");\n`,
  );
  const bytes = await bundle();
  expect(await uploadOf(bytes)).toEqual([]);
  const served: Response[] = [];
  const { serve } = Deno;
  Deno.serve = ((handler: () => Response) => served.push(handler())) as never;
  try {
    await Deno.writeFile(`${folder}/bundle.js`, bytes);
    await import(/* @vite-ignore */ pathToFileURL(`${folder}/bundle.js`).href);
  } finally {
    Deno.serve = serve;
  }
  expect(await served[0].text()).toBe("without");
});

const BUILT = "supabase/functions/_built";

test("builds the file that config.toml names, and only after a change", async () => {
  await write();
  const sizes = await buildFunctions(source);
  const path = `${source}/${BUILT}/0.0.1/hello.js`;
  const bytes = await Deno.readFile(path);
  expect(sizes).toEqual(new Map([["hello", bytes.length]]));
  expect(isBuilt(source)).toBe(true);

  await Deno.writeTextFile(path, `${new TextDecoder().decode(bytes)}\n// kept`);
  await write({ "supabase/functions/hello/index.test.ts": "// no source" });
  await buildFunctions(source);
  expect(await Deno.readTextFile(path)).toMatch(/kept$/);
});

test.each([
  ["a source", "supabase/functions/_shared/word.ts", `export const word = 1;`],
  ["a package", "package-lock.json", "{}"],
])(
  "a build is outdated when %s changes",
  async (_what, path, text) => {
    await write();
    await buildFunctions(source);
    await write({ [path]: text });
    expect(isBuilt(source)).toBe(false);
    await buildFunctions(source);
    expect(isBuilt(source)).toBe(true);
  },
);

test("a failing build removes the previous one", async () => {
  await write();
  await buildFunctions(source);
  await write({ "supabase/functions/_shared/word.ts": `import "./gone.ts";` });
  await expect(buildFunctions(source)).rejects.toThrow(/gone\.ts/);
  await expect(Deno.stat(`${source}/${BUILT}`)).rejects.toThrow();
});

test("fails for a function without a file in config.toml", async () => {
  await write({
    "supabase/config.toml": `[functions.hello]\nverify_jwt = false\n`,
  });
  await expect(buildFunctions(source)).rejects.toThrow(
    /lacks the entry point of hello/,
  );
});

test("an incomplete upload is refused", async () => {
  const text = `import "./gone.js";\nimport "jose";\n`;
  expect(await uploadOf(new TextEncoder().encode(text))).toEqual([
    expect.stringContaining("Module not found"),
    "hello imports ./gone.js, which was not uploaded",
    "hello imports jose, which was not uploaded",
  ]);
});
