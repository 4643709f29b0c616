import { PgBoss, type WorkOptions } from "pg-boss";
import { createReporter } from "../../reporter.ts";
import { createHandler, type Job, queueOf, STEPS } from "../competitor.ts";
import { PG_BOSS_SETTINGS, type PgBossSetting, schemaOf } from "../competitors/pg_boss.ts";
import { serveOrder } from "../worker_process.ts";

await serveOrder(async ({ databaseUrl, collectorUrl, slots, ...order }) => {
  const setting = order.setting as PgBossSetting;
  const { useListenNotify, work } = PG_BOSS_SETTINGS[setting];
  const boss = new PgBoss({
    connectionString: databaseUrl,
    schema: schemaOf(setting),
    useListenNotify,
  });
  boss.on("error", (error) => console.error(error));
  await boss.start();

  const handle = createHandler({
    ...createReporter(collectorUrl),
    enqueue: (step, job) => boss.send(queueOf(step), job),
  });
  const options: WorkOptions = {
    ...work,
    ...slots && { localConcurrency: slots },
  };
  for (let step = 1; step <= STEPS; step++) {
    await boss.work<Job>(queueOf(step), options, async (jobs) => {
      await Promise.all(jobs.map(({ data }) => handle(step, data)));
    });
  }
  return { stop: () => boss.stop({ graceful: false }) };
});
