import { expect, it } from "vitest";
import { allowOwnScripts } from "./trusted_types.ts";

const PAGE = "https://host.example/console/";

function policy(): (url: string) => string | null {
  let rules: { createScriptURL(url: string): string | null } | undefined;
  allowOwnScripts({ createPolicy: (_, given) => rules = given }, PAGE);
  return rules!.createScriptURL;
}

it.each(["assets/pdf.worker-1234abcd.mjs", "/console/assets/a.js", `${PAGE}assets/a.js`])("allows %s", (url) => {
  expect(policy()(url)).toBe(url);
});

it.each([
  "https://elsewhere.example/console/assets/a.js",
  "//elsewhere.example/console/assets/a.js",
  "/assets/a.js",
  "assets/../a.js",
  "blob:https://host.example/4f",
  "data:text/javascript,alert(1)",
  "https://",
])("refuses %s", (url) => {
  expect(policy()(url)).toBe(null);
});

it("does nothing in a browser without Trusted Types", () => {
  expect(() => allowOwnScripts(undefined, PAGE)).not.toThrow();
});
