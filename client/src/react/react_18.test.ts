import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Dom } from "./testing/dom.ts";

const program = fileURLToPath(new URL("testing/react_18_program.ts", import.meta.url));
let folder: string;

let dom: Dom;
beforeEach(async () => {
  folder = await mkdtemp(`${tmpdir()}/react-18-`);
  dom = Dom.open();
  // The program waits for what React does, as a page does.
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: false });
});
afterEach(async () => {
  await dom.close();
  await rm(folder, { recursive: true });
});

it("works in React 18", async () => {
  const bundle = `${folder}/program.mjs`;
  await build({
    entryPoints: [program],
    outfile: bundle,
    bundle: true,
    format: "esm",
    platform: "browser",
    alias: { "react": "react-18", "react-dom": "react-dom-18" },
    define: { "process.env.NODE_ENV": '"development"' },
    logLevel: "error",
  });
  const { run } = await import(/* @vite-ignore */ `file://${bundle}`);
  expect(await run(dom.window.document.createElement("div"))).toEqual({
    version: "18.3.1",
    onServer: "<p>true  0 0</p>",
    requests: 1,
  });
});
