import postgres from "postgres";
import { type Competitor, type Job, PLAIN_STEPS } from "../competitor.ts";

/** No queue: the path from a commit through pg_net to a function, which is a lower bound for the engine. */
export function createBaseline(
  { databaseUrl, functionsUrl }: { databaseUrl: string; functionsUrl: string },
): Competitor {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  const nothing = () => Promise.resolve();
  return {
    name: "baseline",
    about: "commit → net.http_post → a trivial function; no queue",
    steps: PLAIN_STEPS,
    backlogOf: "single",
    isQueue: false,
    pollMs: 0,
    install: nothing,
    start: nothing,
    stop: nothing,
    prepare: nothing,
    async enqueue(jobs: Job[]) {
      for (const { id, kind } of jobs) {
        const call = sql.json({ id, steps: [...PLAIN_STEPS[kind]] });
        await sql`select net.http_post(${`${functionsUrl}/baseline`}, ${call})`;
      }
    },
    isWorking: () => Promise.resolve(false),
    clear: nothing,
    close: () => sql.end(),
  };
}
