import { parse } from "smol-toml";
import { describe, expect, it } from "vitest";
import { mergeConfig, unmergeConfig } from "./config_edits.ts";

const API = { verify_jwt: false, entrypoint: "./functions/api/index.js" };
const WANTED = { functions: { api: API }, schemas: ["upload_pipeline"] };

/** Forms that TOML has for the same things. */
const FORMS: [string, string][] = [
  ["an empty file", ""],
  ["comments alone", "# nothing yet"],
  ["sections", '[api]\nport = 1\nschemas = ["public"]\n\n[functions.mine]\nverify_jwt = true\n'],
  ["no line end at the end", '[api]\nschemas = ["public"]'],
  ["lines that end with CRLF", '[api]\r\nport = 1\r\nschemas = [\r\n  "public",\r\n]\r\n[db]\r\nport = 2\r\n'],
  ["a byte order mark", '\uFEFF[api]\nschemas = ["public"]\n'],
  ["an array over lines, with comments", '[api]\nschemas = [ # these\n  "public", # one\n  # two\n  "a" # three\n]\n'],
  ["an array over lines with a last comma", '[api]\nschemas = [\n  "public",\n  "a",\n]\n'],
  ["an empty array", "[api]\nschemas = []\nport = 1\n"],
  [
    "strings with brackets and hashes",
    `[api]\nx = 'a]#"'\nschemas = ["pub]#,lic", 'b']\ny = """\n[api]\nschemas = []\n"""\n`,
  ],
  ["no list", "[api]\nport = 1 # first\n# second\n\n[db]\nport = 2\n"],
  ["no section api", "[db]\nport = 2\n"],
  ["dotted keys", 'api.port = 1\napi.schemas = ["public"]\nfunctions.mine.verify_jwt = true\n'],
  ["dotted keys without a list", "api.port = 1 # first\n\n[db]\nport = 2\n"],
  ["inline tables", 'api = { port = 1, schemas = ["public"] }\nfunctions = { mine = { verify_jwt = true } }\n'],
  ["inline tables without entries", "api = {}\nfunctions = { }\n[db]\nport = 2\n"],
  ["quoted names", '["api"]\n"schemas" = ["public"]\n["functions"."mine"]\nverify_jwt = true\n'],
  ["spaces within headers", '[ api ]\n schemas=[ "public" ]\n[ functions . mine ]\nverify_jwt = true\n'],
  ["a section functions with inline tables", "[functions]\nmine = { verify_jwt = true }\n"],
  ["arrays of tables", '[[things]]\nschemas = ["x"]\n[api]\nschemas = ["public"]\n[[things]]\nname = "y"\n'],
  ["remotes", '[remotes.staging.api]\nschemas = ["staging"]\n[api]\nschemas = ["public"]\n'],
];

const merge = (text: string) => mergeConfig(text, WANTED, "config.toml");
const meaning = (text: string) => JSON.parse(JSON.stringify(parse(text.replace("\uFEFF", ""))));

describe.each(FORMS)("%s", (_name, text) => {
  it("gets the lines, and keeps its own", () => {
    const merged = merge(text);
    const before = meaning(text);
    const after = meaning(merged.text);
    expect(after).toEqual({
      ...before,
      api: { ...before.api, schemas: [...before.api?.schemas ?? ["public", "graphql_public"], "upload_pipeline"] },
      functions: { ...before.functions, api: API },
    });
    // Every character is still there, in order.
    let at = 0;
    for (const character of text) {
      at = merged.text.indexOf(character, at) + 1;
      expect(at).toBeGreaterThan(0);
    }
    if (text.includes("\r\n")) expect(merged.text.replaceAll("\r\n", "")).not.toContain("\n");
  });

  it("is merged once", () => {
    const { text: once } = merge(text);
    expect(merge(once)).toEqual({ text: once, insertions: [], differences: [] });
  });

  it("is the same, byte by byte, after the lines were taken out", () => {
    const { text: merged, insertions } = merge(text);
    const parts = { functions: ["api"], schemas: ["upload_pipeline"] };
    expect(unmergeConfig(merged, insertions, parts, "config.toml")).toEqual({ text, kept: [] });
  });

  it("loses only the lines, when it was edited in between", () => {
    const { text: merged, insertions } = merge(text);
    const parts = { functions: ["api"], schemas: ["upload_pipeline"] };
    const added = "# a comment of mine\n";
    const bom = merged.startsWith("\uFEFF") ? "\uFEFF" : "";
    const edited = bom + added + merged.slice(bom.length);
    expect(unmergeConfig(edited, insertions, parts, "config.toml")).toEqual({
      text: bom + added + text.slice(bom.length),
      kept: [],
    });
  });
});

it("leaves a section of the same name as it is, and says how it differs", () => {
  const text = '[functions.api]\nverify_jwt = true\nenabled = false\nentrypoint = "./functions/api/index.js"\n';
  expect(mergeConfig(text, { ...WANTED, schemas: [] }, "config.toml")).toEqual({
    text,
    insertions: [],
    differences: [
      "[functions.api] has verify_jwt = true; the pipeline needs false",
      "[functions.api] is disabled",
    ],
  });
});

it.each([
  ["[api\n", /config\.toml cannot be parsed/],
  ["a = 1\na = 2\n", /config\.toml cannot be parsed/],
  ["functions = []\n", /cannot be added to/],
  ["[[functions]]\nname = 1\n", /cannot be added to/],
])("refuses %j", (text, message) => {
  expect(() => merge(text)).toThrow(message);
});
