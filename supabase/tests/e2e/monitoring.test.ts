import { readdir, readFile } from "node:fs/promises";
import postgres from "postgres";
import { afterAll, describe, expect, it } from "vitest";
import { fillDatabase } from "../../../scripts/proof/bench/views/fill.ts";
import { MOST_MS, timeViews, undone } from "../../../scripts/proof/bench/views/views.ts";
import { LOCAL_KEYS } from "../../../scripts/platform/stack/keys.ts";
import {
  call,
  createUser,
  ENDED,
  eventually,
  fixture,
  functionsUrl,
  stack,
  upload,
  waitFor,
  waitUntilIdle,
} from "./harness.ts";
import { useDatabase } from "./hooks.ts";

const SNIPPETS = new URL("../../snippets/", import.meta.url);

async function scrape(): Promise<Map<string, number>> {
  const answer = await fetch(`${functionsUrl}/api/metrics`, {
    headers: { authorization: `Bearer ${LOCAL_KEYS.metricsSecret}` },
  });
  expect(answer.status).toBe(200);
  const lines = (await answer.text()).split("\n")
    .filter((line) => line && !line.startsWith("#"));
  return new Map(lines.map((line) => {
    const at = line.lastIndexOf(" ");
    return [line.slice(0, at), Number(line.slice(at + 1))];
  }));
}

const sum = (samples: Map<string, number>, pattern: RegExp) =>
  [...samples].filter(([series]) => pattern.test(series))
    .reduce((total, [, value]) => total + value, 0);

describe("monitoring", () => {
  const sql = useDatabase();
  const admin = postgres(stack.adminDatabaseUrl, {
    max: 1,
    onnotice: () => {},
  });
  afterAll(async () => {
    await admin.end();
  });

  it("has a Studio snippet for every view, and each runs with the monitoring role alone", async () => {
    const views = await sql`
      select relname from pg_class
      where relnamespace = 'pipeline_monitoring'::regnamespace and relkind = 'v'`;
    const files = (await readdir(SNIPPETS)).filter((name) => name.startsWith("pipeline_"));
    // A function serves the view that needs an id.
    const names = [...views.map(({ relname }) => relname), "document_history"];
    expect(files.toSorted()).toEqual(
      names.map((name) => `pipeline_${name}.sql`).toSorted(),
    );
    for (const file of files) {
      const text = await readFile(new URL(file, SNIPPETS), "utf8");
      expect([file, text]).toEqual([
        file,
        expect.stringMatching(/^-- .+[.?]\n/),
      ]);
      await sql.begin("read only", async (tx) => {
        await tx`set local role pipeline_monitoring`;
        await tx.unsafe(text);
      }).catch((error) => {
        throw new Error(`${file}: ${error.message}`);
      });
    }
  });

  it("answers every view quickly when there are thousands of jobs", async () => {
    await undone(admin, async (tx) => {
      await fillDatabase(tx, 2_000);
      const times = await timeViews(tx, 5);
      // On a busy machine the fastest time is the view's own.
      const slow = times.filter(({ least }) => least > MOST_MS);
      expect(slow).toEqual([]);
      // An empty view is fast for no reason of its own.
      const empty = times.filter(({ name, rows }) => rows === 0 && !name.startsWith("pipeline_console."));
      expect(empty).toEqual([]);
    });
  });

  it("explains in one query why a document is unfinished", async () => {
    const user = await createUser();
    const { document_id } = await upload(user, await fixture("encrypted.pdf"));
    await waitFor(user, document_id, ENDED);
    const [row] = await sql`
      select reason, mended_by, sentence from pipeline_monitoring.unfinished_documents where document_id = ${document_id}`;
    expect(row).toMatchObject({ reason: "given_up", mended_by: "owner" });
    expect(row.sentence).toMatch(
      /stage fetch_result rejected it .*\. Its owner can mend it: upload a copy without a password\.$/,
    );
  });

  it(
    "counts each document once, including deleted ones, with counters that never decrease",
    async () => {
      const user = await createUser();
      await waitUntilIdle(sql);
      await eventually(async () => {
        await sql`select pipeline_internal.roll_up_events()`;
        const [row] = await sql`
          select counted_to = pg_sequence_last_value('upload_pipeline.events_event_no_seq') as is_level
          from pipeline_internal.roll_up`;
        return row.is_level;
      }, "earlier events in the counters");
      const before = await scrape();
      const kept = await upload(user);
      const gone = await upload(user);
      for (const { document_id } of [kept, gone]) {
        await waitFor(user, document_id, ["complete"]);
      }
      const deleted = await call(`/api/documents/${gone.document_id}`, {
        user,
        method: "DELETE",
      });
      expect(deleted.status).toBe(204);

      const completed = (samples: Map<string, number>) => samples.get('pipeline_documents_total{status="complete"}')!;
      await eventually(
        async () => completed(await scrape()) >= completed(before) + 2,
        "both documents in the counters",
      );
      await sql`select pipeline_internal.roll_up_events()`;
      const after = await scrape();
      expect(completed(after)).toBe(completed(before) + 2);
      const durations = /^pipeline_stage_duration_seconds_count\{stage="document"\}/;
      expect(sum(after, durations)).toBe(sum(before, durations) + 2);

      const fallen = [...before].filter(([series, value]) =>
        /_(total|bucket|sum|count)\b/.test(series) &&
        (after.get(series) ?? -1) < value
      );
      expect(fallen).toEqual([]);
      const [{ left }] = await sql`
      select count(*)::int as left from pipeline_internal.deleted_events where document_id = ${gone.document_id}`;
      expect(left).toBe(0);
    },
  );

  it(
    "counts an event when its transaction commits late",
    async () => {
      const user = await createUser();
      const { document_id } = await upload(user);
      await waitFor(user, document_id, ["complete"]);
      const write = (tx: postgres.ISql) =>
        tx`
        insert into upload_pipeline.events (document_id, job_id, user_id, type, status, stage, code)
        select document_id, job_id, user_id, 'retry', status, 'chunk', 'LATE_COMMIT' from upload_pipeline.upload_jobs
        where document_id = ${document_id}`;
      const counted = async () => {
        const [row] = await sql`
        select coalesce(sum(value), 0)::int as value from pipeline_internal.counters
        where name = 'pipeline_errors_total' and labels ->> 'code' = 'LATE_COMMIT'`;
        return row.value;
      };
      const rollUp = () => sql`select pipeline_internal.roll_up_events()`;

      const opened = Promise.withResolvers<void>();
      const close = Promise.withResolvers<void>();
      const slow = admin.begin(async (tx) => {
        // The lower event number commits later.
        await write(tx);
        opened.resolve();
        await close.promise;
      });
      await opened.promise;
      await write(sql);
      for (let i = 0; i < 3; i++) await rollUp();
      expect(await counted()).toBeLessThan(2);
      close.resolve();
      await slow;
      await eventually(
        async () => {
          await rollUp();
          return await counted() === 2;
        },
        "both events in the counters",
      );
      for (let i = 0; i < 3; i++) await rollUp();
      expect(await counted()).toBe(2);
    },
  );

  it("counts all requests by route and status", async () => {
    const before = await scrape();
    await call("/api/documents", {});
    await call("/webhook/test", {});
    await fetch(`${functionsUrl}/api/nothing-here/${crypto.randomUUID()}`);
    const grew = async (pattern: RegExp) => sum(await scrape(), pattern) > sum(before, pattern);
    for (
      const pattern of [
        /^pipeline_requests_total\{(?=.*route="\/api\/documents")(?=.*status="401")/,
        /^pipeline_requests_total\{(?=.*route="\/webhook\/test")(?=.*status="200")(?=.*function="webhook")/,
        /^pipeline_requests_total\{(?=.*route="none")(?=.*status="404")/,
        /^pipeline_request_duration_seconds_count\{function="api"\}/,
      ]
    ) {
      await eventually(() => grew(pattern), `${pattern} in the metrics`);
    }
  });

  it("returns 401 for metrics without their secret", async () => {
    const user = await createUser();
    expect((await call("/api/metrics", {})).status).toBe(401);
    expect((await call("/api/metrics", { user })).status).toBe(401);
  });
});
