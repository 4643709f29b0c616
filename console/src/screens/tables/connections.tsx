import { formatNumber } from "../../format.ts";
import { useOperator } from "../../operator.ts";
import { Bar } from "../../parts/bar.tsx";
import { Read } from "../../parts/notices.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Table } from "../../parts/table.tsx";

const EVERY_MS = 5_000;

export function Connections() {
  const connections = useOperator("connections", {}, { everyMs: EVERY_MS });
  return (
    <Read query={connections}>
      {(rows) => {
        const used = rows[0]?.used_count ?? 0;
        const allowed = rows[0]?.allowed_count ?? 0;
        const tone = used > 0.9 * allowed ? "bad" : used > 0.7 * allowed ? "warn" : "good";
        return (
          <Panel title={`${formatNumber(used)} of ${formatNumber(allowed)} connections`}>
            <Bar label="Connections" of={allowed} segments={[{ label: "in use", value: used, tone }]} />
            <Table
              label="Connections by role"
              rows={rows}
              keyOf={({ role }) => role}
              empty="There are no connections."
              columns={[
                { title: "Role", cell: ({ role }) => <code>{role}</code> },
                { title: "Connections", align: "end", cell: ({ connection_count }) => formatNumber(connection_count) },
              ]}
            />
          </Panel>
        );
      }}
    </Read>
  );
}
