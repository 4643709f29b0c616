import type { Functions } from "../../database.types.ts";
import { formatNumber, formatSeconds } from "../../format.ts";
import { useOperator } from "../../operator.ts";
import { useOperatorPages } from "../../operator_pages.ts";
import { Badge, type Tone } from "../../parts/badge.tsx";
import { Choice } from "../../parts/choice.tsx";
import { Columns } from "../../parts/columns.tsx";
import { More } from "../../parts/more.tsx";
import { Read } from "../../parts/notices.tsx";
import { Numbers } from "../../parts/numbers.tsx";
import { Panel } from "../../parts/panel.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { Time } from "../../parts/time.tsx";
import { hrefOf, setParams, useRoute } from "../../route.ts";
import { hourTitle, standingOf } from "./standing.ts";

type Callback = Functions["callbacks"]["Returns"][number];
type Refusal = Functions["callback_refusals"]["Returns"][number];

/** LlamaParse's callbacks: whether they come, how late, and which calls were refused. */
export function Callbacks() {
  return (
    <>
      <Summary />
      <Hours />
      <Refusals />
      <Submissions />
    </>
  );
}

/** Refused calls and missing callbacks move no document. */
const EVERY_MS = 10_000;

function Summary() {
  const summary = useOperator("callback_summary", {}, { everyMs: EVERY_MS });
  return (
    <Panel title="Callbacks">
      <Read query={summary}>
        {([summary]) => {
          const { tone, text } = standingOf(summary);
          const seconds = (value: number | null) => value === null ? "–" : formatSeconds(value);
          return (
            <>
              <p class={`notice ${tone}`}>
                <span>{text}</span>
                {tone === "warn" && <a href={hrefOf(["alerts"], { runbook: "PipelineWebhooksSilent" })}>What to do</a>}
              </p>
              <Numbers
                items={[
                  { label: "Last callback", value: <Time at={summary.last_delivery_at} /> },
                  { label: "Accepted in 24 h", value: formatNumber(summary.deliveries_24h) },
                  { label: "Refused in 24 h", value: formatNumber(summary.refused_24h) },
                  { label: "Submitted in 1 h", value: formatNumber(summary.submitted_1h) },
                  { label: "Awaited", value: formatNumber(summary.awaited_1h), note: "of the last hour" },
                  { label: "Missing", value: formatNumber(summary.missing_1h), note: "polled instead" },
                  { label: "Late", value: formatNumber(summary.late_1h), note: "after polling" },
                  {
                    label: "Time to callback",
                    value: seconds(summary.p50_seconds),
                    note: `p95 ${seconds(summary.p95_seconds)}`,
                  },
                ]}
              />
            </>
          );
        }}
      </Read>
    </Panel>
  );
}

function Hours() {
  const hours = useOperator("callback_hours", { p_hours: 24 }, { everyMs: 60_000 });
  return (
    <Panel title="By the hour">
      <Read query={hours}>
        {(hours) => (
          <Columns
            label="Accepted and refused calls of the last 24 hours"
            series={["Accepted", "Refused"]}
            stacks={hours.map(({ since, delivery_count, refused_count }) => ({
              title: hourTitle(since),
              values: [delivery_count, refused_count],
            }))}
            format={formatNumber}
          />
        )}
      </Read>
    </Panel>
  );
}

const REFUSAL_COLUMNS: Column<Refusal>[] = [
  { title: "Reason", cell: ({ reason }) => reason || "(none)" },
  { title: "Calls", align: "end", cell: ({ refused_count }) => formatNumber(refused_count) },
  { title: "Networks", align: "end", cell: ({ network_count }) => formatNumber(network_count) },
  { title: "Last", cell: ({ last_at }) => <Time at={last_at} /> },
];

function Refusals() {
  const refusals = useOperator("callback_refusals", {}, { everyMs: EVERY_MS });
  const all = <a href={hrefOf(["audit"], { action: "webhook_refused" })}>In the audit log</a>;
  return (
    <Panel title="Refused within 24 hours" actions={all}>
      <Read query={refusals}>
        {(refusals) => (
          <Table
            label="Refused calls"
            columns={REFUSAL_COLUMNS}
            rows={refusals}
            keyOf={({ reason }) => reason}
            empty="No call was refused."
          />
        )}
      </Read>
    </Panel>
  );
}

const STATES: Record<string, Tone> = { received: "good", late: "warn", missing: "bad", awaited: "busy" };

const CALLBACK_COLUMNS: Column<Callback>[] = [
  { title: "Submitted", cell: ({ submitted_at }) => <Time at={submitted_at} /> },
  { title: "Callback", cell: ({ state }) => <Badge tone={STATES[state] ?? "quiet"}>{state}</Badge> },
  { title: "Event", cell: ({ event_type }) => event_type ? <code class="webhook-event">{event_type}</code> : "–" },
  { title: "After", align: "end", cell: ({ seconds }) => seconds === null ? "–" : formatSeconds(seconds) },
  { title: "Received", cell: ({ received_at }) => <Time at={received_at} /> },
  { title: "Result fetched", cell: ({ finished_at }) => <Time at={finished_at} /> },
  { title: "Polls", align: "end", cell: ({ poll_count }) => poll_count },
  {
    title: "Document",
    cell: ({ document_id }) => (
      <a href={hrefOf(["documents", document_id])}>
        <code>{document_id}</code>
      </a>
    ),
  },
];

function Submissions() {
  const state = useRoute().params.get("state") ?? "";
  const callbacks = useOperatorPages("callbacks", { p_state: state || null }, {
    size: 25,
    after: ({ submitted_at, submission_id }) => ({ p_before_at: submitted_at, p_before_id: submission_id }),
  });
  return (
    <Panel title="Submissions">
      <div class="filters" role="search" aria-label="Submissions">
        <Choice
          label="Callback"
          value={state}
          values={Object.keys(STATES)}
          onValue={(state) => setParams({ state })}
        />
      </div>
      <Read query={callbacks}>
        {(rows) => (
          <>
            <Table
              label="Submissions"
              columns={CALLBACK_COLUMNS}
              rows={rows}
              keyOf={({ submission_id }) => submission_id}
              empty={state ? "None of the last 5,000 submissions." : "Nothing has been submitted to LlamaParse yet."}
            />
            <More pages={callbacks} />
          </>
        )}
      </Read>
    </Panel>
  );
}
