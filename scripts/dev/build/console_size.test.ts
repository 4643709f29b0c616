import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { alignedLines } from "../terminal/table.ts";
import { REPOSITORY } from "../repository.ts";
import { type Manifest, ON_DEMAND, screensIn, scriptsOf } from "./console_size.ts";

/** Compressed script that a screen may load, in bytes. */
const MOST_BYTES = 130_000;

describe("the scripts of a screen", () => {
  const manifest: Manifest = {
    "index.html": { file: "index.js", imports: ["_shared.js"], dynamicImports: ["src/screens/a/a.tsx", "texts.ts"] },
    "_shared.js": { file: "shared.js" },
    "texts.ts": { file: "texts.js" },
    "src/screens/a/a.tsx": {
      file: "a.js",
      imports: ["index.html", "_client.js"],
      dynamicImports: ["plot.ts", "../client/src/resumable.ts", "src/screens/b/b.tsx"],
    },
    "_client.js": { file: "client.js", imports: ["_shared.js"] },
    "plot.ts": { file: "plot.js" },
    "../client/src/resumable.ts": { file: "resumable.js" },
    "src/screens/b/b.tsx": { file: "b.js" },
    "style.css": { file: "style.css" },
  };

  it("are the page's and its own with all that they import, apart from other screens and what is asked for", () => {
    expect(screensIn(manifest)).toEqual(["a", "b"]);
    expect(scriptsOf(manifest, "a").sort()).toEqual([
      "a.js",
      "client.js",
      "index.js",
      "plot.js",
      "shared.js",
      "texts.js",
    ]);
    expect(scriptsOf(manifest, "b").sort()).toEqual(["b.js", "index.js", "shared.js", "texts.js"]);
  });
});

describe("the built console", () => {
  let folder: string;
  let manifest: Manifest;
  beforeAll(async () => {
    folder = await Deno.makeTempDir({ prefix: "console-size-" });
    const { success, stderr } = await new Deno.Command("node", {
      args: [
        `${REPOSITORY}/node_modules/vite/bin/vite.js`,
        ...["build", `${REPOSITORY}/console`, "--outDir", folder, "--emptyOutDir"],
        ...["--manifest", "manifest.json", "--logLevel", "error"],
      ],
      // The test runner's own value would build what developers get.
      env: { NODE_ENV: "production" },
      stdin: "null",
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    manifest = JSON.parse(await Deno.readTextFile(`${folder}/manifest.json`));
  });
  afterAll(() => Deno.remove(folder, { recursive: true }));

  const sizeOf = (file: string) => gzipSync(Deno.readFileSync(`${folder}/${file}`)).length;
  const kilobytes = (bytes: number) => (bytes / 1000).toFixed(1);

  it("loads at most 130 kB of compressed script for each screen", () => {
    const sizes = screensIn(manifest).map((screen) => ({
      screen,
      bytes: scriptsOf(manifest, screen).reduce((sum, file) => sum + sizeOf(file), 0),
    }));
    const late = ON_DEMAND.flatMap(({ source, when }) =>
      Object.keys(manifest).filter((path) => source.test(path) && manifest[path].file.endsWith("js")).map((path) => [
        `when ${when}`,
        kilobytes(sizeOf(manifest[path].file)),
      ])
    );
    console.log(
      alignedLines({
        columns: [{ title: "screen" }, { title: "kB", align: "right" }],
        rows: [...sizes.map(({ screen, bytes }) => [screen, kilobytes(bytes)]), ...late],
      }).join("\n"),
    );
    expect(sizes.length).toBeGreaterThan(10);
    expect(sizes.filter(({ bytes }) => bytes > MOST_BYTES)).toEqual([]);
  });
});
