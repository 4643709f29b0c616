import { formatNumber, formatSeconds } from "../../format.ts";
import { useOperator } from "../../operator.ts";
import { Badge } from "../../parts/badge.tsx";
import { Read } from "../../parts/notices.tsx";
import { Numbers } from "../../parts/numbers.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Table } from "../../parts/table.tsx";
import { Time } from "../../parts/time.tsx";
import { type Calls, netHealth } from "./health.ts";

const EVERY_MS = 5_000;

/** The calls by which the database wakes workers. */
export function DatabaseCalls() {
  const calls = useOperator("database_calls", {}, { everyMs: EVERY_MS });
  const failed = useOperator("failed_database_calls", {}, { everyMs: EVERY_MS });
  return (
    <Read query={calls}>
      {([calls]) => (
        <Panel title="Calls of workers by pg_net" actions={<NetBadge calls={calls} />}>
          <p class="muted">{netHealth(calls).text}</p>
          <Numbers
            items={[
              {
                label: "Waiting now",
                value: formatNumber(calls.waiting_count),
                note: calls.oldest_waiting_seconds === null
                  ? undefined
                  : `the oldest for ${formatSeconds(calls.oldest_waiting_seconds)}`,
              },
              { label: "Answered, 1 h", value: formatNumber(calls.answered_count) },
              { label: "Refused, 1 h", value: formatNumber(calls.refused_count) },
              { label: "Not answered, 1 h", value: formatNumber(calls.unanswered_count) },
              { label: "Last answer", value: <Time at={calls.last_answer_at} /> },
            ]}
          />
          <Read query={failed}>
            {(failed) => (
              <Table
                label="Failed calls in the last hour"
                rows={failed}
                keyOf={({ call_id }) => call_id}
                empty="No call failed in the last hour."
                columns={[
                  { title: "Failed call", cell: ({ answered_at }) => <Time at={answered_at} /> },
                  {
                    title: "Answer",
                    cell: ({ status_code, timed_out }) =>
                      status_code !== null ? <code>{status_code}</code> : timed_out ? "timed out" : "none",
                  },
                  { title: "Message", cell: ({ message }) => message },
                ]}
              />
            )}
          </Read>
        </Panel>
      )}
    </Read>
  );
}

function NetBadge({ calls }: { calls: Calls }) {
  const { word, tone } = netHealth(calls);
  return <Badge tone={tone}>pg_net {word}</Badge>;
}
