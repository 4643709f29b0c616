import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { entrypointsOf } from "../../../scripts/deploy/built_functions.mjs";
import { VERSION } from "./version.ts";

test("the API reports the version of package.json", async () => {
  const manifest = await Deno.readTextFile(
    new URL("../../../package.json", import.meta.url),
  );
  expect(VERSION).toBe(JSON.parse(manifest).version);
});

test("config.toml names the functions that are built from this version", () => {
  const root = fileURLToPath(new URL("../../../", import.meta.url));
  expect(entrypointsOf(root)).toEqual(Object.fromEntries(
    ["api", "isolation", "webhook", "worker"].map((name) => [
      name,
      `supabase/functions/_built/${VERSION}/${name}.js`,
    ]),
  ));
});
