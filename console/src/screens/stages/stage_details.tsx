import type { Functions } from "../../database.types.ts";
import { formatNumber, formatSeconds } from "../../format.ts";
import { Badge, type Tone } from "../../parts/badge.tsx";
import { Table } from "../../parts/table.tsx";
import { Time } from "../../parts/time.tsx";
import type { Setting } from "../../settings/setting.ts";
import { SettingList } from "../../settings/setting_list.tsx";

interface Props {
  errors: Functions["stage_errors"]["Returns"];
  runs: Functions["stage_runs"]["Returns"];
  settings: Setting[];
  window: string;
}

/** What became of a failed attempt. */
const OUTCOMES: Record<string, { word: string; tone: Tone }> = {
  retry: { word: "retried", tone: "warn" },
  pause: { word: "waits for the provider", tone: "busy" },
  failure: { word: "given up", tone: "bad" },
};

/** How runs end. The first two are normal. */
const ENDINGS: Record<string, string> = {
  drained: "the queue was empty",
  budget: "its time was up; another run went on",
  running: "still runs",
  called: "called, not begun yet",
  refused: "enough others ran",
  shutdown: "the platform ended it",
  failed: "it failed",
  lost: "its heartbeat stopped",
};

/** What an operator looks up: failed attempts, runs and settings. */
export function StageDetails({ errors, runs, settings, window }: Props) {
  const errorCount = errors.reduce((sum, { event_count }) => sum + event_count, 0);
  const runCount = runs.reduce((sum, { run_count }) => sum + run_count, 0);
  return (
    <div class="stage-details">
      <details>
        <summary>Failed attempts in {window}: {formatNumber(errorCount)}</summary>
        <Table
          label="Failed attempts by error code"
          rows={errors}
          keyOf={({ type, code }) => `${type} ${code}`}
          empty="No attempt failed."
          columns={[
            { title: "Code", cell: ({ code }) => <code>{code ?? "–"}</code> },
            {
              title: "Outcome",
              cell: ({ type }) => {
                const { word, tone } = OUTCOMES[type] ?? { word: type, tone: "quiet" };
                return <Badge tone={tone}>{word}</Badge>;
              },
            },
            { title: "Number", align: "end", cell: ({ event_count }) => formatNumber(event_count) },
            { title: "Last", cell: ({ last_at }) => <Time at={last_at} /> },
          ]}
        />
      </details>
      <details>
        <summary>Runs in the last hour: {formatNumber(runCount)}</summary>
        <Table
          label="Runs by how they ended"
          rows={runs}
          keyOf={({ ending }) => ending}
          empty="No run was called."
          columns={[
            { title: "End", cell: ({ ending }) => <code>{ending}</code> },
            { title: "Meaning", cell: ({ ending }) => ENDINGS[ending] ?? "" },
            { title: "Runs", align: "end", cell: ({ run_count }) => formatNumber(run_count) },
            { title: "Settled", align: "end", cell: ({ settled_count }) => formatNumber(settled_count) },
            {
              title: "Start took",
              align: "end",
              cell: ({ average_start_seconds }) =>
                average_start_seconds === null ? "–" : formatSeconds(average_start_seconds),
            },
          ]}
        />
      </details>
      <details>
        <summary>Settings</summary>
        <SettingList label="Settings" table="stages" settings={settings.filter(({ is_editable }) => is_editable)} />
      </details>
    </div>
  );
}
