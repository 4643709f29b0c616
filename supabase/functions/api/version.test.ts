import { expect, test } from "vitest";
import { VERSION } from "./version.ts";

test("the API reports the version that package.json names", async () => {
  const manifest = await Deno.readTextFile(
    new URL("../../../package.json", import.meta.url),
  );
  expect(VERSION).toBe(JSON.parse(manifest).version);
});
