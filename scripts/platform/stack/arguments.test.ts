import { afterEach, expect, it } from "vitest";
import { readArguments } from "./arguments.ts";

afterEach(() => Deno.env.delete("INIT_CWD"));

it("keeps the data of each project apart, and this one's where they were", () => {
  expect(readArguments([])).toMatchObject({ project: undefined, stateDir: ".stack" });
  Deno.env.set("INIT_CWD", "/work/place");
  const shop = readArguments(["--project", "../shop"]);
  expect(shop.project).toBe("/work/shop");
  expect(shop.stateDir).toMatch(/^\.stack\/projects\/shop-[0-9a-f]{8}$/);
  expect(readArguments(["--project", "/other/shop"]).stateDir).not.toBe(shop.stateDir);
  expect(readArguments(["--project", "../shop", "--state-dir", "/data"]).stateDir).toBe("/data");
});
