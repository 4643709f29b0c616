import { readdir, readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { REPOSITORY } from "../../dev/repository.ts";

const WIDTH = 120;
/** pgmq's own text, and a file that `npm run generate` writes. */
const EXCEPTIONS = [
  /\/extensions\/pgmq--/,
  /_stage_switches\.sql$/,
];

it("keeps every line of SQL within 120 columns", async () => {
  const paths = (await Promise.all(
    ["supabase", "scripts"].map(async (folder) =>
      (await readdir(`${REPOSITORY}/${folder}`, { recursive: true }))
        .map((path) => `${folder}/${path}`)
    ),
  )).flat().filter((path) => path.endsWith(".sql") && !EXCEPTIONS.some((each) => each.test(path)));
  expect(paths.length).toBeGreaterThan(200);
  const tooLong: string[] = [];
  for (const path of paths) {
    const lines = (await readFile(`${REPOSITORY}/${path}`, "utf8")).split("\n");
    lines.forEach((line, index) => {
      if ([...line].length > WIDTH) tooLong.push(`${path}:${index + 1}`);
    });
  }
  expect(tooLong).toEqual([]);
});
