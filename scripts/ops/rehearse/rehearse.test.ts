import { afterAll, beforeAll, expect, test } from "vitest";
import { become, copyRelease, tag } from "./published_releases.ts";
import { rehearseUpgrade } from "./rehearse.ts";

const MIGRATION = "supabase/migrations/99990101000000_next.sql";

/** A repository with the published version 0.1.0 and the next version 0.2.0. */
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

test("the first release has no previous one to upgrade from", async () => {
  const lines: string[] = [];
  await rehearseUpgrade(folder, (line) => lines.push(line));
  expect(lines).toEqual([expect.stringContaining("no release before this")]);
});

test(
  "passes a migration that only adds: it keeps every row, and the previous functions run on it",
  async () => {
    const report = await rehearseWith(
      "alter table upload_pipeline.documents add column note text not null default '';\n",
    );
    expect(report).toMatch(
      /1 applied[\s\S]*all rows are unchanged[\s\S]*version 0\.1\.0 answers[\s\S]*searchable[\s\S]*version 0\.2\.0[\s\S]*searchable/,
    );
  },
  180_000,
);

test(
  "fails a migration that removes what the previous functions use",
  async () => {
    await expect(
      rehearseWith(
        "alter function pipeline_internal.document_status_for(jsonb, uuid) rename to status_of_own;\n",
      ),
    ).rejects.toThrow(
      /functions of 0\.1\.0 do not run on the schema[\s\S]*Process a document with 0\.1\.0/,
    );
  },
  180_000,
);

test("fails at once when a release declares that it no longer serves those functions", async () => {
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
