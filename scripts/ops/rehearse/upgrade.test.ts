import { expect, test } from "vitest";
import { pushMigrations } from "../deploy/deployment.ts";
import { prepareRelease } from "../project/release.ts";
import { SupabaseCli } from "../../platform/cli/supabase_cli.ts";
import { startRehearsalPlatform } from "./platform.ts";
import { becomeRelease, lostRows, readReleaseData, readRows, strandedJobs } from "./upgrade.ts";
import { REPOSITORY } from "../../dev/repository.ts";

const releases = await readReleaseData(REPOSITORY);

test.each(releases)(
  "a database of release $version is upgraded, and keeps every row",
  async (release) => {
    await using platform = await startRehearsalPlatform();
    const { databaseUrl } = platform.stack;
    await becomeRelease(platform, REPOSITORY, release);
    const before = await readRows(databaseUrl);
    for (const [table, rows] of Object.entries(before)) {
      expect([table, rows.length > 0]).toEqual([table, true]);
    }

    await using latest = await prepareRelease(REPOSITORY, platform.environment);
    // Another migration follows every release, if only this one.
    await Deno.writeTextFile(
      `${latest.directory}/supabase/migrations/99990101000000_later.sql`,
      "alter table upload_pipeline.documents add column note text not null default '';\n",
    );
    await pushMigrations({
      cli: new SupabaseCli({ ...platform.cli, directory: latest.directory }),
      databaseUrl,
    });
    expect(lostRows(before, await readRows(databaseUrl))).toEqual([]);
    expect(await strandedJobs(databaseUrl)).toEqual([]);
  },
  180_000,
);

test("reports rows and columns that an upgrade changed or lost, and ignores added columns", () => {
  const before = { documents: [{ id: 1, name: "a" }, { id: 2, name: "b" }] };
  const kept = [{ id: 1, name: "a", note: "" }, { id: 2, name: "b", note: "" }];
  expect(lostRows(before, { documents: kept })).toEqual([]);
  expect(lostRows(before, { documents: kept.slice(1) })).toHaveLength(1);
  const withoutName = kept.map(({ id, note }) => ({ id, note }));
  expect(lostRows(before, { documents: withoutName })).toHaveLength(2);
  expect(lostRows(before, { documents: [kept[0], { id: 2, name: "c" }] }))
    .toEqual(['documents: {"id":2,"name":"b"}']);
});
