import type postgres from "postgres";
import type { MigrationFile } from "../project/release.ts";
import { compareMigrations } from "../project/migrations.ts";
import { checkConnections } from "./connections.ts";
import { checkLiveStatus } from "./live_status.ts";
import { examine, type Finding, met, type Remedies, unmet } from "./finding.ts";

/** The oldest major version whose hosted projects have everything that the migrations need. */
const OLDEST_POSTGRES = 15;

/** The oldest versions with the features that the migrations use, and these features. */
const EXTENSIONS = [
  { name: "vector", oldest: "0.7.0", for: "half-precision vectors" },
  { name: "fuzzystrmatch", oldest: "1.1", for: "misspelt words" },
  { name: "pgmq", oldest: "1.4.4", for: "the queues" },
  { name: "pg_cron", oldest: "1.5", for: "jobs every few seconds" },
  { name: "pg_net", oldest: "0.8.0", for: "waking the workers" },
  { name: "supabase_vault", oldest: "0.2.8", for: "the worker's address" },
];

/** Seconds by which clocks may differ before leases, tokens and signatures are misjudged. */
const CLOCK_TOLERANCE = 30;
/** Missed turns of a job, and seconds on top of them, before it counts as stopped. */
const MISSED_TURNS = 2;
const CRON_TIMEOUT = 120;

/** The requirements before the migrations can be applied. */
export async function checkServer(sql: postgres.Sql): Promise<Finding[]> {
  const [{ version }] = await sql`
    select current_setting('server_version_num')::int / 10000 as version`;
  const extensions = await sql`
    select name, coalesce(installed_version, default_version) as version, installed_version is not null as installed
    from pg_available_extensions where name = any(${EXTENSIONS.map(({ name }) => name)})`;
  return [
    version >= OLDEST_POSTGRES ? met("Postgres", `version ${version}`) : unmet(
      "Postgres",
      `version ${version}; ${OLDEST_POSTGRES} or newer is needed`,
      "Upgrade it: Project Settings > Infrastructure.",
    ),
    ...EXTENSIONS.map((wanted) => {
      const requirement = `extension ${wanted.name}`;
      const there = extensions.find(({ name }) => name === wanted.name);
      if (!there) {
        return unmet(
          requirement,
          `missing; ${wanted.for} needs it`,
          "Upgrade the project's Postgres, which brings newer extensions: Project Settings > Infrastructure.",
        );
      }
      if (isOlder(there.version, wanted.oldest)) {
        return unmet(
          requirement,
          `version ${there.version}; ${wanted.for} needs ${wanted.oldest}`,
          there.installed
            ? `As SQL: alter extension ${wanted.name} update; if that changes nothing, upgrade the project's Postgres.`
            : "Upgrade the project's Postgres: Project Settings > Infrastructure.",
        );
      }
      return met(
        requirement,
        `version ${there.version}${there.installed ? "" : ", installed by the migrations"}`,
      );
    }),
  ];
}

/** Whether dotted version `a` is lower than `b`. */
export function isOlder(a: string, b: string): boolean {
  const [left, right] = [a, b].map((text) => text.split(".").map(Number));
  for (let place = 0; place < Math.max(left.length, right.length); place++) {
    const difference = (left[place] || 0) - (right[place] || 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

/** Whether the database has exactly these migrations. */
export async function checkMigrations(
  sql: postgres.Sql,
  files: MigrationFile[],
  { redeploy }: Remedies,
): Promise<Finding[]> {
  const { drift, pending, level } = await compareMigrations(sql, files);
  const requirement = "migrations";
  if (drift.length > 0) {
    return drift.map((sentence) =>
      unmet(
        requirement,
        sentence,
        "Use the state of the code that was deployed last, or a newer one; never edit an applied migration.",
      )
    );
  }
  return [
    pending.length === 0 ? met(requirement, `all ${files.length} applied, up to ${level}`) : unmet(
      requirement,
      `${pending.length} are not applied: ${pending[0]}${pending.length > 1 ? " …" : ""}`,
      redeploy,
    ),
  ];
}

/** The requirements of a database in which the pipeline runs. */
export async function checkDatabase(
  sql: postgres.Sql,
  functionsUrl: string,
  files: MigrationFile[],
  remedies: Remedies,
): Promise<Finding[]> {
  const { redeploy } = remedies;
  return (await Promise.all([
    examine("cron jobs", redeploy, () => checkCron(sql, files, remedies)),
    examine("queues", redeploy, () => checkQueues(sql)),
    examine("Vault", redeploy, () => checkVault(sql, functionsUrl, remedies)),
    examine("row-level security", redeploy, () => checkRowSecurity(sql)),
    examine("live status", redeploy, () => checkLiveStatus(sql)),
    examine(
      "connections",
      "See docs/deploying/sizing.md, Connections.",
      () => checkConnections(sql),
    ),
    examine(
      "clock",
      "Compare the clocks manually.",
      () => checkClock(sql),
    ),
  ])).flat();
}

/** The scheduled jobs of the migrations: each is active, runs, and has not failed. */
async function checkCron(
  sql: postgres.Sql,
  files: MigrationFile[],
  { redeploy }: Remedies,
): Promise<Finding[]> {
  const names = files.flatMap(({ sql }) => [...sql.matchAll(/cron\.schedule\('([\w-]+)'/g)].map(([, name]) => name));
  const jobs = await sql`
    select j.jobname, j.active, j.schedule,
           extract(epoch from now() - d.start_time)::int as seconds_ago, d.status, d.return_message
    from cron.job j
    left join lateral (
      select start_time, status, return_message from cron.job_run_details
      where jobid = j.jobid order by runid desc limit 1) d on true
    where j.jobname = any(${names})`;
  return names.map((name) => {
    const requirement = `cron job ${name.replace("pipeline-", "")}`;
    const job = jobs.find(({ jobname }) => jobname === name);
    if (!job) return unmet(requirement, "not scheduled", redeploy);
    if (!job.active) {
      return unmet(
        requirement,
        "switched off",
        `As SQL: select cron.alter_job((select jobid from cron.job where jobname = '${name}'), active := true);`,
      );
    }
    if (job.status === "failed") {
      return unmet(
        requirement,
        `its last run failed: ${job.return_message}`,
        "Correct the named cause; the job runs again by itself.",
      );
    }
    const turn = secondsOf(job.schedule);
    if (job.seconds_ago > turn * MISSED_TURNS + CRON_TIMEOUT) {
      return unmet(
        requirement,
        `its last run was ${job.seconds_ago} s ago, and its interval is ${turn} s`,
        "pg_cron has stopped: restart the database (Project Settings > General).",
      );
    }
    return met(
      requirement,
      job.seconds_ago === null ? "active; it has not run yet" : `active; its last run was ${job.seconds_ago} s ago`,
    );
  });
}

/** The interval of a job: a number of seconds, a minute, or an hour; otherwise a day. */
function secondsOf(schedule: string): number {
  const [, seconds] = /^(\d+) seconds$/.exec(schedule) ?? [];
  if (seconds) return Number(seconds);
  if (schedule === "* * * * *") return 60;
  return /^\d+ \* \* \* \*$/.test(schedule) ? 3600 : 86_400;
}

async function checkVault(
  sql: postgres.Sql,
  functionsUrl: string,
  { redeploy }: Remedies,
): Promise<Finding[]> {
  const secrets = await sql`
    select name, decrypted_secret as value from vault.decrypted_secrets
    where name in ('pipeline_functions_url', 'pipeline_worker_secret')`;
  const valueOf = (wanted: string): string | undefined => secrets.find(({ name }) => name === wanted)?.value;
  const url = valueOf("pipeline_functions_url");
  return [
    url === undefined
      ? unmet("Vault: functions' address", "not set; workers sleep", redeploy)
      : url !== functionsUrl
      ? unmet(
        "Vault: functions' address",
        `${url}, but this project's functions are at ${functionsUrl}`,
        redeploy,
      )
      : met("Vault: functions' address", url),
    valueOf("pipeline_worker_secret") ? met("Vault: worker's secret", "set") : unmet(
      "Vault: worker's secret",
      "not set, so the worker refuses the database",
      redeploy,
    ),
  ];
}

async function checkRowSecurity(sql: postgres.Sql): Promise<Finding> {
  const open = await sql`
    select relnamespace::regnamespace || '.' || relname as name from pg_class
    where relkind in ('r', 'p') and not relrowsecurity
      and relnamespace = any(array['upload_pipeline', 'pipeline_internal']::regnamespace[])`;
  return open.length === 0 ? met("row-level security", "enabled for every table of the pipeline") : unmet(
    "row-level security",
    `off for ${open.map(({ name }) => name).join(", ")}`,
    `As SQL: alter table ${open[0].name} enable row level security;`,
  );
}

/** pgmq's queues are members of the extension: a database restored from a dump has their rows without them. */
export async function checkQueues(sql: postgres.Sql): Promise<Finding> {
  const missing = await sql<{ stage: string }[]>`
    select stage from pipeline_internal.stages where to_regclass('pgmq.q_' || stage) is null order by 1`;
  return missing.length === 0 ? met("queues", "each stage has one") : unmet(
    "queues",
    `missing: ${missing.map(({ stage }) => stage).join(", ")}`,
    "As SQL: select pipeline_internal.create_queues(); waiting jobs get new messages within two minutes.",
  );
}

async function checkClock(sql: postgres.Sql): Promise<Finding> {
  const before = Date.now();
  const [{ now }] = await sql`select clock_timestamp() as now`;
  const difference = ((before + Date.now()) / 2 - now.getTime()) / 1000;
  const found = `the database's clock differs from this machine's by ${Math.abs(difference).toFixed(1)} s`;
  return Math.abs(difference) < CLOCK_TOLERANCE ? met("clock", found) : unmet(
    "clock",
    found,
    "Set this machine's clock; hosted databases are synchronised.",
  );
}
