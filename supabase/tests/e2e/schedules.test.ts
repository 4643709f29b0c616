import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { eventually } from "./harness.ts";
import { useDatabase } from "./hooks.ts";

/** One run of pg_cron has two parts, and neither may prevent the other from running. */
const sql = useDatabase();
const JOB = "pipeline-sweep";
const PARTS = {
  sweep: "sweep() returns int",
  refresh_statistics: "refresh_statistics() returns setof regclass",
};
type Part = keyof typeof PARTS;

beforeAll(async () => {
  await sql`create table public.turns (part text)`;
});
afterAll(async () => {
  await sql`drop table public.turns`;
  // Alerts would report the failures for an hour.
  await sql`
    delete from cron.job_run_details
    where status = 'failed' and jobid = (select jobid from cron.job where jobname = ${JOB})`;
});

/** Replaces the part's function until the test ends. */
async function replace(part: Part, body: string) {
  const [{ original }] = await sql`
    select pg_get_functiondef(${`pipeline_internal.${part}`}::regproc) as original`;
  onTestFinished(async () => {
    await sql.unsafe(original);
  });
  await sql.unsafe(`
    create or replace function pipeline_internal.${PARTS[part]}
    language plpgsql set search_path = '' as $$ begin ${body} end $$`);
}

it.each([
  ["sweep", "refresh_statistics"],
  ["refresh_statistics", "sweep"],
] as [Part, Part][])(
  "%s runs when %s fails, and the run reports the failure",
  async (sound, broken) => {
    await sql`truncate public.turns`;
    await replace(
      sound,
      `insert into public.turns values ('${sound}'); return${sound === "sweep" ? " 0" : ""};`,
    );
    const fault = `broken for a test: ${crypto.randomUUID()}`;
    await replace(broken, `raise exception '${fault}';`);
    const run = await eventually(async () => {
      const [run] = await sql`
      select d.status, d.return_message from cron.job_run_details d join cron.job j using (jobid)
      where j.jobname = ${JOB} and d.return_message like ${`%${fault}%`}`;
      return run;
    }, "a run of the schedule");
    expect(run.status).toBe("failed");
    expect(run.return_message).toContain(`${broken}: ${fault}`);
    expect(run.return_message).not.toContain(`${sound}:`);
    const turns = await sql`select distinct part from public.turns`;
    expect(turns.map(({ part }) => part)).toEqual([sound]);
    const [watched] = await sql`
    select last_failure from pipeline_monitoring.schedules where schedule = ${JOB}`;
    expect(watched.last_failure).toContain(fault);
  },
);

it("the schedule succeeds when both parts do", async () => {
  const [{ now }] = await sql`select clock_timestamp() as now`;
  const run = await eventually(async () => {
    const [run] = await sql`
      select d.status, d.return_message from cron.job_run_details d join cron.job j using (jobid)
      where j.jobname = ${JOB} and d.start_time > ${now} and d.end_time is not null
      order by d.runid desc limit 1`;
    return run;
  }, "a run of the schedule");
  expect([run.status, run.return_message]).toEqual(["succeeded", "DO"]);
});
