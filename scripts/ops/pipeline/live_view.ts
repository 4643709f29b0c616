import type postgres from "postgres";
import { pause } from "../../../client/src/pause.ts";
import { STAGES } from "../../../supabase/functions/_stages/index.ts";
import { formatSeconds } from "../../dev/terminal/screen.ts";
import { bar, formatTime, right, tableLines } from "./report.ts";
import { type AddCommands, examples, type Session } from "./session.ts";
import { readCount } from "./values.ts";

const BAR_WIDTH = 20;

export const addLiveView: AddCommands = (program, perform) => {
  program.command("watch")
    .description(
      "shows stages, queues and providers until Ctrl-C",
    )
    .option("--every <seconds>", "interval", readCount(1, 3600), 2)
    .option(
      "--count <updates>",
      "stops after this number of updates",
      readCount(1, 1_000_000),
    )
    .addHelpText(
      "after",
      "\nOn a terminal each update replaces the last; elsewhere it is printed below.\n" +
        examples("watch", "watch --count 1 --json"),
    )
    .action(perform(watch));
};

export interface StageView {
  stage: string;
  message_count: number;
  due_count: number;
  working_count: number;
  postponed_count: number;
  oldest_due_seconds: number;
  running_count: number;
  max_invocations: number;
  paused_because: string | null;
  transition_count: number;
  p50_seconds: number | null;
  p95_seconds: number | null;
}

export interface ProviderView {
  provider: string;
  is_circuit_open: boolean;
  code: string | null;
  message: string | null;
  probe_at: Date | null;
  request_capacity_percent: number;
}

export interface View {
  at: Date;
  stages: StageView[];
  providers: ProviderView[];
  /** Unfinished documents by status, and their share. */
  statuses: { status: string; job_count: number; total_pct: number }[];
  user_queued: number;
  given_up: number;
}

async function watch(
  { target, report, signal }: Session,
  { every, count = Infinity }: { every: number; count?: number },
): Promise<void> {
  const sql = await target.database();
  try {
    for (let looks = 1;; looks++) {
      const view = await look(sql);
      report.answer(view, (screen) => {
        const lines = viewLines(view);
        if (report.board) report.board.show(lines);
        else for (const line of ["", ...lines]) screen.verbatim(line);
      });
      if (looks >= count) return;
      await pause(every * 1000, signal);
    }
  } finally {
    report.board?.keep();
  }
}

async function look(sql: postgres.Sql): Promise<View> {
  const stages = await sql<StageView[]>`
    select q.stage, q.message_count, q.due_count, q.working_count, q.postponed_count, q.oldest_due_seconds,
           q.running_count, q.max_invocations, s.paused_because, l.transition_count, l.p50_seconds, l.p95_seconds
    from pipeline_monitoring.queues q
    join pipeline_internal.stages s using (stage)
    join pipeline_monitoring.stage_latency l on l.stage = q.stage and l.time_window = '5 minutes'
    where q.stage = any (${[...STAGES]})
    order by array_position(${[...STAGES]}::text[], q.stage)`;
  const providers = await sql<ProviderView[]>`
    select provider, is_circuit_open, code, message, probe_at, request_capacity_percent
    from pipeline_monitoring.providers order by provider`;
  const statuses = await sql<View["statuses"]>`
    select j.status, sum(j.job_count) as job_count, s.total_pct
    from pipeline_monitoring.jobs j join upload_pipeline.statuses s using (status)
    where j.state not in ('done', 'deadletter')
    group by j.status, s.total_pct order by s.total_pct, j.status`;
  const [sums] = await sql<{ user_queued: number; given_up: number }[]>`
    select coalesce(sum(job_count) filter (where is_user_queued), 0) as user_queued,
           coalesce(sum(job_count) filter (where state = 'deadletter'), 0) as given_up
    from pipeline_monitoring.jobs`;
  return { at: new Date(), stages, providers, statuses, ...sums };
}

export function viewLines(view: View): string[] {
  const { at, stages, providers, statuses, user_queued, given_up } = view;
  const most = Math.max(1, ...statuses.map(({ job_count }) => job_count));
  return [
    `${formatTime(at)} UTC`,
    "",
    ...tableLines(
      [
        "stage",
        right("due"),
        right("in work"),
        right("later"),
        right("oldest"),
        right("runs"),
        right("passed"),
        right("p50"),
        right("p95"),
        "",
      ],
      stages.map((stage) => [
        stage.stage,
        stage.due_count,
        stage.working_count,
        stage.postponed_count,
        stage.due_count > 0 ? formatSeconds(stage.oldest_due_seconds) : null,
        `${stage.running_count}/${stage.max_invocations}`,
        stage.transition_count,
        formatOptional(stage.p50_seconds),
        formatOptional(stage.p95_seconds),
        stage.paused_because ? `paused: ${stage.paused_because}` : "",
      ]),
    ),
    "Passed, p50 and p95 cover the last 5 minutes.",
    "",
    ...statuses.map(({ status, job_count, total_pct }) =>
      `${status.padEnd(22)} ${`${total_pct} %`.padStart(5)}  ${bar(job_count / most, BAR_WIDTH)}  ${job_count}`
    ),
    `${user_queued} in user queues, ${given_up} given up`,
    ...providers.map((one) =>
      `${one.provider}: ${
        one.is_circuit_open
          ? `circuit open, ${one.message} (${one.code}); next probe ${one.probe_at ? formatTime(one.probe_at) : "soon"}`
          : `${Math.round(one.request_capacity_percent)} % of its requests are left`
      }`
    ),
  ];
}

function formatOptional(seconds: number | null): string | null {
  return seconds === null ? null : formatSeconds(seconds);
}
