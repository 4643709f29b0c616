import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { REPOSITORY } from "../repository.ts";
import { buildConsole } from "./console.ts";
import { filesBelow } from "./kept_build.ts";

/** A chunk of Vite's manifest. */
interface Chunk {
  file: string;
  name?: string;
  isEntry?: boolean;
  imports?: string[];
  dynamicImports?: string[];
  css?: string[];
}

/** Bytes of compressed script that a screen may load, with the frame. */
const MOST_BYTES = 130_000;

let folder: string;
let files: string[];
let manifest: Record<string, Chunk>;

beforeAll(async () => {
  folder = await buildConsole(REPOSITORY);
  files = await filesBelow(folder);
  manifest = JSON.parse(await Deno.readTextFile(`${folder}/manifest.json`));
}, 60_000);

describe("the built console", () => {
  it("has no script or style within its pages", async () => {
    const pages = files.filter((file) => file.endsWith(".html"));
    expect(pages.length).toBeGreaterThan(0);
    for (const page of pages) {
      const html = await Deno.readTextFile(page);
      expect(html).toContain("<script");
      expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\son\w+=|\sstyle=|javascript:/i);
      expect(html).not.toMatch(/(src|href)="(https?:)?\/\//);
    }
  });

  it("evaluates no text, and writes no HTML", async () => {
    const scripts = files.filter((file) => /\.m?js$/.test(file));
    expect(scripts.length).toBeGreaterThan(10);
    for (const file of scripts) {
      const script = await Deno.readTextFile(file);
      expect([file, /\beval\(|new Function\(|document\.write\(|insertAdjacentHTML\(/.exec(script)]).toEqual([
        file,
        null,
      ]);
    }
  });

  it("names files after their content", () => {
    const assets = files.filter((file) => file.includes("/assets/"));
    expect(assets.length).toBeGreaterThan(10);
    for (const file of assets) expect(file).toMatch(/-[\w-]{8}\.\w+$/);
  });

  it("has what pdf.js loads by itself, without WebAssembly", () => {
    const paths = files.flatMap((file) => file.split("/pdfjs/")[1] ?? []);
    expect(paths).toEqual(expect.arrayContaining([
      "cmaps/UniGB-UCS2-H.bcmap",
      "standard_fonts/LiberationSans-Regular.ttf",
      "standard_fonts/LICENSE_LIBERATION",
      "wasm/jbig2_nowasm_fallback.js",
      "wasm/openjpeg_nowasm_fallback.js",
      "wasm/LICENSE_OPENJPEG",
    ]));
    expect(files.filter((file) => file.endsWith(".wasm"))).toEqual([]);
  });

  it("has no settings of a project", () => {
    expect(files).not.toContain(`${folder}/config.json`);
  });

  it("keeps each screen below the size that a first look may load", async () => {
    const screens = Object.keys(manifest).filter((source) => /^src\/screens\/(\w+)\/\1\.tsx$/.test(source));
    expect(screens.length).toBeGreaterThan(15);
    const sizes = await Promise.all(screens.map(async (screen) => [screen, await bytesOf(["index.html", screen])]));
    expect(sizes.filter(([, bytes]) => Number(bytes) > MOST_BYTES)).toEqual([]);
  });

  it("is kept while its sources are unchanged", async () => {
    const before = await Deno.stat(`${folder}/index.html`);
    await buildConsole(REPOSITORY);
    expect((await Deno.stat(`${folder}/index.html`)).ino).toBe(before.ino);
  });
});

/** The compressed script of these sources and all that they import at once. */
async function bytesOf(sources: string[], seen = new Set<string>()): Promise<number> {
  let bytes = 0;
  for (const source of sources) {
    const { file, imports = [] } = manifest[source];
    if (seen.has(file)) continue;
    seen.add(file);
    bytes += gzipSync(await Deno.readFile(`${folder}/${file}`)).byteLength + await bytesOf(imports, seen);
  }
  return bytes;
}
