import { readFile, stat } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { SETTINGS } from "./_shared/config.ts";

const read = (path: string) =>
  readFile(new URL(`../../${path}`, import.meta.url), "utf8");
const FUNCTIONS = ["api", "isolation", "webhook", "worker"];
/** Of the dependencies, those that deploy the functions and are no part of them. */
const TOOLS = [
  "commander",
  "deno",
  "esbuild",
  "picocolors",
  "smol-toml",
  "supabase",
];

describe("what is said in two places", () => {
  it.each(FUNCTIONS)(
    "%s deploys with the versions that package.json pins and tests run on",
    async (name) => {
      const { dependencies } = JSON.parse(await read("package.json"));
      const { imports } = JSON.parse(
        await read(`supabase/functions/${name}/deno.json`),
      );
      const deployed = Object.fromEntries(
        Object.entries(imports as Record<string, string>).map(
          ([specifier, target]) => {
            const [, module, version] = /^npm:\/?(@?[^@]+)@([^/]+)\/?$/.exec(
              target,
            )!;
            expect(specifier.replace(/\/$/, "")).toBe(module);
            return [module, version];
          },
        ),
      );
      const others = Object.keys(dependencies).filter((each) =>
        !(each in deployed)
      );
      expect(others.toSorted()).toEqual(TOOLS);
      expect(dependencies).toMatchObject(deployed);
    },
  );

  it("the README lists every setting, with its default and purpose", async () => {
    const readme = await read("README.md");
    const table = readme.slice(
      readme.indexOf("## Configuration"),
      readme.indexOf("## Deploy"),
    );
    const rows = [...table.matchAll(/^\| `(\w+)` +\| (.*?) +\| (.*?) +\|$/gm)]
      .map(([, name, fallback, purpose]) => [
        name,
        fallback.trim().replaceAll("`", ""),
        purpose,
      ]);
    const settings = Object.entries(SETTINGS).map(([name, setting]) => [
      name,
      ("fallback" in setting && setting.fallback) || "",
      setting.purpose,
    ]);
    expect(rows).toEqual(settings);
  });
});

describe("the documents", () => {
  it.each(["README.md", "ARCHITECTURE.md", "SECURITY.md"])(
    "every link of %s leads somewhere",
    async (document) => {
      const links = [...(await read(document)).matchAll(/\]\(([^)#]+)\)/g)]
        .map(([, target]) => target)
        .filter((target) => !target.startsWith("http"));
      expect(links.length).toBeGreaterThan(5);
      for (const link of links) {
        const there = await stat(new URL(`../../${link}`, import.meta.url))
          .catch(() => null);
        expect([link, there !== null]).toEqual([link, true]);
      }
    },
  );
});
