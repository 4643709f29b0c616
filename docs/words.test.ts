import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { execFile } from "node:child_process";
import { expect, it } from "vitest";

const root = new URL("../", import.meta.url);

/**
 * Words for which the glossary has the field's term, or which say less than the noun they stand for. Only those that
 * have no other use in this code.
 */
const REPLACED = [
  "anew",
  "anybody",
  "contender",
  "hand-off",
  "left alone",
  "somebody",
  "surroundings",
  "teller",
  "tidy up",
  "told",
  "trouble",
  "verdict",
  "whoever",
];
/** Sample texts, which the search has to find in the words of their kind. */
const SAMPLES =
  /\/fixtures\/|eval\/(documents|questions)|handbook_text|concepts\.ts|tests\/e2e\/search\.test\.ts|outbound\.test\.ts/;

it("are those of the glossary in code, SQL and configuration", async () => {
  const { stdout } = await promisify(execFile)("git", ["ls-files", "-z"], {
    cwd: root,
    maxBuffer: 2 ** 24,
  });
  const sources = stdout.split("\0").filter((path) =>
    /\.(ts|mjs|sql|ya?ml|toml|sh)$/.test(path) && !SAMPLES.test(path) &&
    path !== "docs/words.test.ts"
  );
  expect(sources.length).toBeGreaterThan(1_000);
  const words = new RegExp(`\\b(${REPLACED.join("|")})\\b`, "i");
  const found: string[] = [];
  for (const path of sources) {
    const lines = (await readFile(new URL(path, root), "utf8")).split("\n");
    lines.forEach((line, i) => {
      if (words.test(line)) found.push(`${path}:${i + 1}: ${line.trim()}`);
    });
  }
  expect(found).toEqual([]);
});
