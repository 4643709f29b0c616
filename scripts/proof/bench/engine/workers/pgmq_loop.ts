import postgres from "postgres";
import { wait } from "../../clock.ts";
import { createReporter } from "../../reporter.ts";
import { createHandler, type Job, queueOf, STEPS } from "../competitor.ts";
import { PGMQ_POLL_MS } from "../competitors/pgmq_loop.ts";
import { serveOrder } from "../worker_process.ts";

const LEASE_SECONDS = 30;

await serveOrder(({ databaseUrl, collectorUrl, slots = 1 }) => {
  const sql = postgres(databaseUrl, { max: STEPS * slots });
  const handle = createHandler({
    ...createReporter(collectorUrl),
    enqueue: (step, job) => sql`select pgmq.send(${queueOf(step)}, ${sql.json({ ...job })})`,
  });
  let stopped = false;

  async function loop(step: number): Promise<void> {
    while (!stopped) {
      const [message] = await sql<{ msg_id: string; message: Job }[]>`
        select msg_id, message from pgmq.read(${queueOf(step)}, ${LEASE_SECONDS}, 1)`;
      if (message) {
        await handle(step, message.message);
        await sql`
          select pgmq.delete(${queueOf(step)}, ${message.msg_id}::bigint)`;
      } else await wait(PGMQ_POLL_MS);
    }
  }

  const loops: Promise<void>[] = [];
  for (let step = 1; step <= STEPS; step++) {
    for (let slot = 0; slot < slots; slot++) loops.push(loop(step));
  }
  return Promise.resolve({
    async stop() {
      stopped = true;
      await Promise.all(loops);
      await sql.end();
    },
  });
});
