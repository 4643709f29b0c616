import * as esbuild from "esbuild";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CommandError, run } from "../scripts/dev/command.ts";
import { REPOSITORY } from "../scripts/dev/repository.ts";
import { PackedClient } from "./testing/packed_client.ts";

const NAME = "supabase-document-pipeline-client";
const ENTRIES = [".", "./react", "./resumable", "./texts", "./texts/de"];
const packageOf = (entry: string) => NAME + entry.slice(1);

let client: PackedClient;
beforeAll(async () => {
  client = await PackedClient.install();
});
afterAll(async () => {
  await client?.[Symbol.asyncDispose]();
  await esbuild.stop();
});

describe("the package", () => {
  it("has what was built, the licence and the README, and nothing else", () => {
    const unusual = client.files.filter((path) => !/^dist\/[\w./]+\.(js|d\.ts)$/.test(path));
    expect(unusual.toSorted()).toEqual(["LICENSE", "README.md", "package.json"]);
    expect(client.files.filter((path) => /\btest/.test(path))).toEqual([]);
    expect(client.files.length).toBeGreaterThan(30);
  });

  it("has the version and the licence of the repository", async () => {
    const read = (path: string) => Deno.readTextFile(`${REPOSITORY}/${path}`);
    const [root, own] = [await read("package.json"), await read("client/package.json")].map((text) => JSON.parse(text));
    expect([own.version, own.license]).toEqual([root.version, root.license]);
    expect(await read("client/LICENSE")).toBe(await read("LICENSE"));
  });

  it("needs the peers that it is tested with", async () => {
    const root = JSON.parse(await Deno.readTextFile(`${REPOSITORY}/package.json`));
    const { peerDependencies, peerDependenciesMeta } = JSON.parse(
      await Deno.readTextFile(`${client.installed}/package.json`),
    );
    const tested = { ...root.dependencies, ...root.devDependencies };
    for (const [name, range] of Object.entries<string>(peerDependencies)) {
      const [, oldest] = /^(?:\^|>=)(\d+)/.exec(range)!;
      expect([name, Number(tested[name].split(".")[0]) >= Number(oldest)]).toEqual([name, true]);
    }
    expect(Object.keys(peerDependenciesMeta)).toEqual(["react", "tus-js-client"]);
  });

  it.each(ENTRIES)("loads %s in Node, without side effects", async (entry) => {
    const program = `
      const before = Object.getOwnPropertyNames(globalThis).length;
      const names = Object.keys(await import(${JSON.stringify(packageOf(entry))}));
      const after = Object.getOwnPropertyNames(globalThis).length;
      console.log(JSON.stringify({ names, added: after - before }));`;
    const path = await client.write("load.mjs", program);
    const { names, added } = JSON.parse(await run("node", [path]));
    expect(names.length).toBeGreaterThan(0);
    expect(added).toBe(0);
  });
});

it("works in the oldest Node as README says", async () => {
  const readme = await Deno.readTextFile(`${REPOSITORY}/client/README.md`);
  const [, example] = /```js\n([^]*?)```/.exec(readme)!;
  await Deno.symlink(`${REPOSITORY}/node_modules/ws`, `${client.folder}/node_modules/ws`);
  const path = await client.write(
    "old.mjs",
    `const [url, publishableKey] = ["http://127.0.0.1:1", "key"];
${example}
import { createPipelineClient } from ${JSON.stringify(NAME)};
console.log(await createPipelineClient(supabase).limits().catch(({ code }) => code));
process.exit();`,
  );
  expect(await run("node", [path])).toBe("network_error\n");
});

/** Bundles an entry as an app's bundler does, with the peers left outside. */
async function bundle(entry: string) {
  const { metafile, outputFiles } = await esbuild.build({
    stdin: { contents: `export * from ${JSON.stringify(packageOf(entry))}`, resolveDir: client.folder },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: "esm",
    external: ["@supabase/supabase-js", "react", "react/*", "tus-js-client"],
    logLevel: "silent",
  });
  const [{ contents }] = outputFiles;
  const [{ imports }] = Object.values(metafile.outputs);
  return { bytes: gzipSync(contents).length, imports: [...new Set(imports.map(({ path }) => path))] };
}

describe("a bundle", () => {
  it.each([
    [".", []],
    ["./react", ["react"]],
    ["./resumable", ["tus-js-client"]],
    ["./texts", []],
    ["./texts/de", []],
  ])("of %s imports no package but %j", async (entry, expected) => {
    expect((await bundle(entry)).imports).toEqual(expected);
  });

  it("has at most the size that README states, and not much less", async () => {
    const readme = await Deno.readTextFile(`${REPOSITORY}/client/README.md`);
    const rows = [...readme.matchAll(/^\| `supabase-document-pipeline-client([\w/]*)` +\| [^|]*\| +(\d+) kB +\|$/gm)];
    const stated = rows.map(([, entry, kilobytes]) => ["." + entry, Number(kilobytes)] as const);
    expect(stated.map(([entry]) => entry)).toEqual(ENTRIES);
    for (const [entry, kilobytes] of stated) {
      const spare = kilobytes - (await bundle(entry)).bytes / 1000;
      expect([entry, spare >= 0]).toEqual([entry, true]);
      expect([entry, spare <= 1 + kilobytes / 10]).toEqual([entry, true]);
    }
  });

  it("leaves out what an app does not use", async () => {
    const { outputFiles: [{ text }] } = await esbuild.build({
      stdin: { contents: `import ${JSON.stringify(NAME)}; import "${NAME}/texts";`, resolveDir: client.folder },
      bundle: true,
      minify: true,
      write: false,
      format: "esm",
      logLevel: "silent",
    });
    expect(text.trim()).toBe("");
  });
});

/** What an app writes. `@ts-expect-error` fails where the compiler finds no error. */
const APP = `
import { createClient } from "@supabase/supabase-js";
import { createPipelineClient, type Database, PipelineError, type PipelineClient, type Status } from "${NAME}";
import { resumableUploads } from "${NAME}/resumable";
import { type Catalogue, createTexts, english } from "${NAME}/texts";
import { german } from "${NAME}/texts/de";
import { useDocuments, useSearch, useUpload } from "${NAME}/react";

const supabase = createClient<Database>("http://127.0.0.1", "key");
const pipeline: PipelineClient = createPipelineClient(supabase, { sendLargeFile: resumableUploads() });

export async function run(file: File): Promise<string> {
  const { documentId } = await pipeline.upload(file);
  const { data } = await supabase.schema("upload_pipeline").from("document_status").select("status, last_error")
    .eq("document_id", documentId).single();
  const status: Status | undefined = data?.status;
  // @ts-expect-error: users may write nothing
  await supabase.schema("upload_pipeline").from("documents").insert({ filename: "a" });
  // @ts-expect-error: there is no such table for users
  supabase.schema("upload_pipeline").from("webhooks");
  switch (status) {
    case "complete":
      return "ready";
    // @ts-expect-error: no status of this pipeline, but a newer server may have it
    case 1:
      return "never";
    case "sent_by_a_newer_server":
    default:
      return createTexts(german).error(new PipelineError("rate_limited", "", { retryAfter: 5 }));
  }
}

// @ts-expect-error: every text must be there
export const french: Catalogue = { ...english, language: "fr", states: { queued: "En attente" } };

export function useAll() {
  return [useDocuments(pipeline), useSearch(pipeline), useUpload(pipeline)];
}
`;

const STRICT = { strict: true, noEmit: true, skipLibCheck: true };

/** As each tool's own template for new apps sets the compiler. */
const SETTINGS: Record<string, { options: Record<string, unknown>; compilers: string[] }> = {
  "Vite's": {
    options: {
      ...STRICT,
      target: "es2023",
      lib: ["ES2023", "DOM"],
      module: "esnext",
      types: [],
      allowArbitraryExtensions: true,
      moduleResolution: "bundler",
      allowImportingTsExtensions: true,
      verbatimModuleSyntax: true,
      moduleDetection: "force",
      jsx: "react-jsx",
      noUnusedLocals: true,
      noUnusedParameters: true,
      erasableSyntaxOnly: true,
      noFallthroughCasesInSwitch: true,
    },
    compilers: ["typescript", "typescript-7"],
  },
  "Next.js's": {
    options: {
      ...STRICT,
      target: "ES2017",
      lib: ["dom", "dom.iterable", "esnext"],
      allowJs: true,
      types: [],
      esModuleInterop: true,
      module: "esnext",
      moduleResolution: "bundler",
      resolveJsonModule: true,
      isolatedModules: true,
      jsx: "react-jsx",
    },
    compilers: ["typescript", "typescript-7"],
  },
  "Node's": {
    options: {
      ...STRICT,
      target: "es2022",
      lib: ["es2022", "dom"],
      types: [],
      module: "node16",
      moduleResolution: "node16",
    },
    compilers: ["typescript-7"],
  },
  "the strictest": {
    options: {
      ...STRICT,
      target: "es2020",
      lib: ["es2022", "dom", "dom.iterable", "dom.asynciterable", "esnext.disposable"],
      types: ["node"],
      module: "nodenext",
      moduleResolution: "nodenext",
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      noPropertyAccessFromIndexSignature: true,
      isolatedModules: true,
      verbatimModuleSyntax: true,
    },
    compilers: ["typescript-7"],
  },
};

describe("an app", () => {
  const cases = Object.entries(SETTINGS).flatMap(([tool, { options, compilers }]) =>
    compilers.map((compiler) => ({ tool, options, compiler }))
  );

  it.each(cases)("compiles with $tool settings and $compiler", async ({ options, compiler }) => {
    await client.write("app.ts", APP);
    const project = await client.write(
      "tsconfig.json",
      JSON.stringify({ compilerOptions: options, files: ["app.ts"] }),
    );
    expect(await compile(compiler, project)).toBe("");
  });
});

it("runs in Deno, which checks its types", async () => {
  const path = await client.write(
    "app.ts",
    `${APP}
console.log(await run(new File([], "a")).catch((error) => error.code));`,
  );
  const settings = await client.write("deno.json", JSON.stringify({ nodeModulesDir: "manual" }));
  expect(await run(Deno.execPath(), ["run", "--allow-env", "--quiet", "--check", "--config", settings, path]))
    .toBe("file_empty\n");
});

/** The compiler's errors. */
async function compile(compiler: string, project: string): Promise<string> {
  try {
    return await run("node", [`${REPOSITORY}/node_modules/${compiler}/bin/tsc`, "--project", project]);
  } catch (error) {
    if (error instanceof CommandError) return error.output;
    throw error;
  }
}
