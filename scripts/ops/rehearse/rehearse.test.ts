import { afterAll, beforeAll, expect, test } from "vitest";
import { become, copyRelease, tag } from "./published_releases.ts";
import { rehearseUpgrade } from "./rehearse.ts";

const MIGRATION = "supabase/migrations/99990101000000_next.sql";

/** A repository in which 0.1.0 is published and 0.2.0 in the making. */
let folder: string;

beforeAll(async () => {
  folder = await Deno.makeTempDir();
  await copyRelease(folder);
  await become(folder, "0.1.0");
  await tag(folder, "0.1.0");
});

afterAll(() => Deno.remove(folder, { recursive: true }));

async function rehearseWith(migration: string): Promise<string> {
  const lines: string[] = [];
  await become(folder, "0.2.0", { [MIGRATION]: migration });
  await rehearseUpgrade(folder, (line) => lines.push(line));
  return lines.join("\n");
}

test("the first release has none to come from", async () => {
  const lines: string[] = [];
  await rehearseUpgrade(folder, (line) => lines.push(line));
  expect(lines).toEqual([expect.stringContaining("no release before this")]);
});

test(
  "a migration that adds keeps every row, and the functions of before serve on it",
  async () => {
    const told = await rehearseWith(
      "alter table upload_pipeline.documents add column note text not null default '';\n",
    );
    expect(told).toMatch(
      /1 applied[\s\S]*every row is as it was[\s\S]*version 0\.1\.0 answers[\s\S]*searchable[\s\S]*version 0\.2\.0[\s\S]*searchable/,
    );
  },
  180_000,
);

test(
  "a migration that takes away what the functions of before use fails the rehearsal",
  async () => {
    await expect(
      rehearseWith(
        "alter function pipeline_internal.document_status_for(jsonb, uuid) rename to status_of_own;\n",
      ),
    ).rejects.toThrow(
      /functions of 0\.1\.0 do not run on the schema[\s\S]*document through 0\.1\.0/,
    );
  },
  180_000,
);

test("a release that says itself that those functions are served no more fails at once", async () => {
  await become(folder, "0.2.0", {
    "package.json": JSON.stringify({
      version: "0.2.0",
      pipeline: { schemaServesFunctionsSince: "0.2.0" },
    }),
  });
  await expect(rehearseUpgrade(folder, () => {})).rejects.toThrow(
    /functions of 0\.1\.0 do not run[\s\S]*from 0\.2\.0 on/,
  );
});
