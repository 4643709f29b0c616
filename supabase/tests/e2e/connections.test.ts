import { expect, it } from "vitest";
import { connectionsNeeded } from "../../../scripts/ops/doctor/connections.ts";
import { HOSTED_LIMITS } from "../../../scripts/platform/stack/functions/limits.ts";
import { call, createUser, eventually, handbook, pause, upload, variant, waitFor, waitUntilIdle } from "./harness.ts";
import { useDatabase } from "./hooks.ts";

const sql = useDatabase();

interface Held {
  /** Connections of the API and the webhook, which clients call, and of the workers. */
  answering: number;
  workers: number;
  /** Runs of pg_cron: a connection or a background worker each, depending on its setting. */
  schedules: number;
}

async function held(): Promise<Held> {
  const [row] = await sql<Held[]>`
    select count(*) filter (where application_name in ('pipeline-api', 'pipeline-webhook'))::int as answering,
           count(*) filter (where application_name in ('pipeline-worker', 'pipeline-isolation'))::int as workers,
           count(*) filter (where backend_type = 'pg_cron' or application_name = 'pg_cron')::int as schedules
    from pg_stat_activity`;
  return row;
}

it("the pipeline holds no connection when idle, and at most the doctor's estimate under load", async () => {
  const needed = await connectionsNeeded(sql);
  // The values that docs/deploying/sizing.md gives for the present settings.
  expect(needed).toEqual({
    workers: 22,
    schedules: 6,
    answering: 4,
    total: 32,
  });

  await waitUntilIdle(sql);
  await eventually(
    async () => {
      const { answering, workers } = await held();
      return answering + workers === 0;
    },
    "idle connections to be given back",
    60_000,
  );

  const users = await Promise.all(Array.from({ length: 6 }, createUser));
  const most: Held = { answering: 0, workers: 0, schedules: 0 };
  let watching = true;
  const watch = (async () => {
    while (watching) {
      const now = await held();
      for (const key of ["answering", "workers", "schedules"] as const) {
        most[key] = Math.max(most[key], now[key]);
      }
      await pause(20);
    }
  })();
  try {
    const bytes = await handbook();
    await Promise.all(users.map(async (user) => {
      const documents = [];
      for (let i = 0; i < 3; i++) {
        documents.push(await upload(user, variant(bytes)));
      }
      for (const { document_id } of documents) {
        await waitFor(user, document_id, ["complete"]);
      }
    }));
    expect((await call("/api/health")).status).toBe(200);
  } finally {
    watching = false;
    await watch;
  }
  expect(most.workers).toBeGreaterThan(0);
  expect(most.answering).toBeGreaterThan(0);
  expect(most.workers).toBeLessThanOrEqual(needed.workers);
  expect(most.schedules).toBeLessThanOrEqual(needed.schedules);
  // Under load there are more processes, each with as many connections.
  expect(most.answering)
    .toBeLessThanOrEqual(needed.answering * HOSTED_LIMITS.isolates);
});
