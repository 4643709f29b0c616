import { Logger, run, type TaskList } from "graphile-worker";
import { createReporter } from "../../reporter.ts";
import { createHandler, type Job, queueOf, STEPS } from "../competitor.ts";
import { GRAPHILE_SETTINGS, type GraphileSetting, schemaOf } from "../competitors/graphile_worker.ts";
import { serveOrder } from "../worker_process.ts";

await serveOrder(async ({ databaseUrl, collectorUrl, slots, ...order }) => {
  const setting = order.setting as GraphileSetting;
  const taskList: TaskList = {};
  const runner = await run({
    preset: {
      worker: {
        connectionString: databaseUrl,
        schema: schemaOf(setting),
        ...GRAPHILE_SETTINGS[setting].worker,
        ...slots && { concurrentJobs: slots },
        // Without this it would log each job, unlike the other competitors.
        logger: new Logger(() => (level, message) => {
          if (level === "error") console.error(message);
        }),
      },
    },
    taskList: Object.assign(taskList, tasks(collectorUrl)),
    noHandleSignals: true,
  });
  return { stop: () => runner.stop() };
});

function tasks(collectorUrl: string): TaskList {
  const reporter = createReporter(collectorUrl);
  return Object.fromEntries(
    Array.from({ length: STEPS }, (_, i) => i + 1).map((step) => [
      queueOf(step),
      (payload, helpers) =>
        createHandler({
          ...reporter,
          enqueue: (next, job) => helpers.addJob(queueOf(next), job),
        })(step, payload as Job),
    ]),
  );
}
