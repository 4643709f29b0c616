import { useOperator } from "../../operator.ts";
import { Badge } from "../../parts/badge.tsx";
import { Read } from "../../parts/notices.tsx";
import { Page } from "../../parts/page.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Table } from "../../parts/table.tsx";
import { Time } from "../../parts/time.tsx";
import { formatNumber, formatSeconds } from "../../format.ts";
import { DatabaseCalls } from "./database_calls.tsx";
import { cronHealth, type Schedule, scheduleHealth } from "./health.ts";
import { nextRun, timingWords } from "./timing.ts";
import "./schedules.css";

const EVERY_MS = 5_000;

export default function Schedules() {
  const schedules = useOperator("schedules", {}, { everyMs: EVERY_MS });
  return (
    <Page title="Schedules">
      <Read query={schedules}>{(schedules) => <Cron schedules={schedules} />}</Read>
      <DatabaseCalls />
    </Page>
  );
}

function Cron({ schedules }: { schedules: Schedule[] }) {
  // The database's clock: this machine's may be another.
  const now = new Date(schedules[0]?.read_at ?? Date.now());
  const { word, tone, text } = cronHealth(schedules, now);
  return (
    <Panel title="Schedules of pg_cron" actions={<Badge tone={tone}>pg_cron {word}</Badge>}>
      <p class="muted">{text}</p>
      <Table
        label="Schedules"
        rows={schedules}
        keyOf={({ schedule }) => schedule}
        empty="There are no schedules."
        columns={[
          {
            title: "Schedule",
            cell: ({ schedule, timing }) => (
              <>
                <code>{schedule}</code>
                <br />
                <small>{timingWords(timing)}</small>
              </>
            ),
          },
          {
            title: "State",
            cell: (schedule) => {
              const { word, tone, text } = scheduleHealth(schedule, now);
              return (
                <span title={text}>
                  <Badge tone={tone}>{schedule.is_running ? "running" : word}</Badge>
                </span>
              );
            },
          },
          { title: "Last run", cell: ({ last_started_at }) => <Time at={last_started_at} /> },
          { title: "Took", align: "end", cell: ({ last_seconds }) => seconds(last_seconds) },
          { title: "p95, 1 h", align: "end", cell: ({ p95_seconds_1h }) => seconds(p95_seconds_1h) },
          { title: "Runs, 1 h", align: "end", cell: ({ runs_1h }) => formatNumber(runs_1h) },
          { title: "Failed, 1 h", align: "end", cell: ({ failures_1h }) => formatNumber(failures_1h) },
          {
            title: "Next",
            cell: ({ timing, last_started_at, is_active }) =>
              is_active ? <Time at={nextRun(timing, last_started_at, now)?.toISOString()} /> : "–",
          },
        ]}
      />
      <Failures schedules={schedules.filter(({ last_failure }) => last_failure !== null)} />
    </Panel>
  );
}

function Failures({ schedules }: { schedules: Schedule[] }) {
  if (schedules.length === 0) return null;
  return (
    <ul class="failures" aria-label="Latest failures">
      {schedules.map(({ schedule, last_failure, last_failure_at }) => (
        <li key={schedule}>
          <code>{schedule}</code> failed <Time at={last_failure_at} />
          <pre tabIndex={0}>{last_failure}</pre>
        </li>
      ))}
    </ul>
  );
}

function seconds(value: number | null): string {
  return value === null ? "–" : formatSeconds(value);
}
