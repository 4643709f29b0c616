import type postgres from "postgres";
import { parse, stringify } from "yaml";
import { BOUND, type RuleFile } from "./rules.ts";

/**
 * The shipped rules for a drill, in Prometheus and in the database: durations of seconds instead of minutes and hours,
 * and thresholds that one small stack can pass. Otherwise they are unchanged.
 */
const THRESHOLDS: Record<string, number> = {
  PipelineRequestsSlow: 0.5,
  PipelineStageSlow: 0.5,
  PipelineQueueOld: 5,
  PipelineJobsStuck: 5,
  PipelineSchedulesSilent: 12,
  PipelineCountersBehind: 3,
};

const WINDOW_SECONDS = 20;
const TIMEOUT_SECONDS = 1;

/** The rules file for a drill. @throws if a rule whose threshold it would change is missing */
export function drillRules(text: string): string {
  const file: RuleFile = parse(text);
  const rules = file.groups.flatMap((group) => group.rules);
  for (const [alert, threshold] of Object.entries(THRESHOLDS)) {
    const rule = rules.find((each) => each.alert === alert);
    if (!rule) throw new Error(`unknown rule: ${alert}`);
    rule.expr = rule.expr.replace(BOUND, `$1 ${threshold}`);
  }
  for (const rule of rules) {
    rule.expr = rule.expr.replaceAll(/\[\d+[smhd]\]/g, `[${WINDOW_SECONDS}s]`);
    rule.for &&= `${TIMEOUT_SECONDS}s`;
    rule.keep_firing_for &&= `${TIMEOUT_SECONDS}s`;
  }
  return stringify(file);
}

/** Metrics of the database that themselves cover some minutes or an hour. */
const WINDOWED = [
  "pipeline_internal.metric_samples()",
  "pipeline_monitoring.schedule_runs()",
];

/** The same for the database's rules; its schedules run every second. */
export async function drillDatabase(sql: postgres.Sql): Promise<void> {
  await sql`
    select cron.alter_job(jobid, schedule => '1 second') from cron.job
    where jobname in ('pipeline-roll-up', 'pipeline-sweep', 'pipeline-alerts')`;
  await sql`update pipeline_internal.limits set first_poll_seconds = 1`;
  await sql`
    update pipeline_internal.alert_rules
    set for_seconds = least(for_seconds, ${TIMEOUT_SECONDS}), keep_firing_seconds = least(keep_firing_seconds, ${TIMEOUT_SECONDS}),
        query = regexp_replace(query, ${WINDOW}, ${`'${WINDOW_SECONDS} seconds'`}, 'g')`;
  for (const [rule, threshold] of Object.entries(THRESHOLDS)) {
    await sql`
      update pipeline_internal.alert_rules set threshold = ${threshold} where rule = ${rule}`;
  }
  for (const name of WINDOWED) {
    const [{ definition }] = await sql`
      select regexp_replace(pg_get_functiondef(${name}::regprocedure), ${WINDOW}, ${`'${
      2 * WINDOW_SECONDS
    } seconds'`}, 'g') as definition`;
    await sql.unsafe(definition);
  }
}

const WINDOW = "'\\d+ (minutes|hour)'";

/** prometheus.yml for this machine, with scrapes every second. @param target the address of the metrics */
export function drillPrometheus(
  config: string,
  { target, alertmanager }: { target: string; alertmanager: string },
): string {
  return replaced(config, [
    ["scheme: https", "scheme: http"],
    ["<ref>.supabase.co", target],
    ["127.0.0.1:9093", alertmanager],
    ["scrape_interval: 30s", "scrape_interval: 1s"],
    ["scrape_timeout: 20s", "scrape_timeout: 1s"],
    ["evaluation_interval: 30s", "evaluation_interval: 1s"],
  ]);
}

/** alertmanager.yml, which notifies the drill's receiver at once. */
export function drillAlertmanager(config: string, receiver: string): string {
  return replaced(config.replaceAll("127.0.0.1:9094", receiver), [
    ["group_wait: 30s", "group_wait: 0s"],
    ["group_interval: 5m", "group_interval: 1s"],
  ]);
}

/** The last occurrence of each: earlier ones are in comments. */
function replaced(text: string, pairs: [string, string][]): string {
  return pairs.reduce((current, [from, to]) => {
    const at = current.lastIndexOf(from);
    if (at < 0) throw new Error(`the configuration has no "${from}"`);
    return current.slice(0, at) + to + current.slice(at + from.length);
  }, text);
}
