import type { Functions } from "../../database.types.ts";
import { formatNumber, formatSeconds } from "../../format.ts";
import { Badge } from "../../parts/badge.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { hrefOf } from "../../route.ts";

type Stage = Functions["overview_stages"]["Returns"][number];

const COLUMNS: Column<Stage>[] = [
  {
    title: "Stage",
    cell: ({ stage, paused_at, is_circuit_open }) => (
      <>
        <a href={hrefOf(["stages"])}>{stage}</a> {paused_at && <Badge tone="warn">paused</Badge>}
        {is_circuit_open && <Badge tone="bad">circuit open</Badge>}
      </>
    ),
  },
  { title: "In its queue", align: "end", cell: ({ message_count }) => formatNumber(message_count) },
  { title: "Due", align: "end", cell: ({ due_count }) => formatNumber(due_count) },
  { title: "Oldest due", align: "end", cell: ({ oldest_due_seconds }) => formatSeconds(oldest_due_seconds) },
  { title: "Working", align: "end", cell: ({ working_count }) => formatNumber(working_count) },
  {
    title: "Runs",
    align: "end",
    cell: ({ running_count, max_invocations }) => `${running_count} of ${max_invocations}`,
  },
  { title: "Done in an hour", align: "end", cell: ({ transition_count }) => formatNumber(transition_count) },
  { title: "p50", align: "end", cell: ({ p50_seconds }) => p50_seconds === null ? "–" : formatSeconds(p50_seconds) },
  { title: "p95", align: "end", cell: ({ p95_seconds }) => p95_seconds === null ? "–" : formatSeconds(p95_seconds) },
];

/** Each stage now, and its last hour. */
export function StageTable({ stages }: { stages: Stage[] }) {
  return (
    <Table
      label="The stages now"
      columns={COLUMNS}
      rows={stages}
      keyOf={({ stage }) => stage}
      empty="There are none."
    />
  );
}
