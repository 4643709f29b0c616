import type { Json } from "../database.types.ts";
import { useOperator } from "../operator.ts";
import { Read } from "../parts/notices.tsx";
import { Panel } from "../parts/panel.tsx";
import { Table } from "../parts/table.tsx";
import { Time } from "../parts/time.tsx";
import { hrefOf } from "../route.ts";
import type { SettingTable } from "./setting.ts";
import { shownValue } from "./shown_value.ts";

const SHOWN = 10;

interface Props {
  title: string;
  table: SettingTable | "user_budgets";
}

/** Who changed what, lately. */
export function SettingChanges({ title, table }: Props) {
  const changes = useOperator("setting_changes", { p_setting: table, p_limit: SHOWN });
  return (
    <Panel title={title} actions={<a href={hrefOf(["audit"])}>Audit log</a>}>
      <Read query={changes}>
        {(changes) => (
          <Table
            label={title}
            rows={changes}
            keyOf={({ happened_at, row_key }) => `${happened_at} ${row_key}`}
            empty="No change is kept in the audit log."
            columns={[
              { title: "When", cell: ({ happened_at }) => <Time at={happened_at} /> },
              { title: "Who", cell: ({ operator }) => operator ?? "an operator whose account is gone" },
              {
                title: "What",
                cell: ({ row_key, columns, before, after }) => (
                  <ul>
                    {columns.map((column) => (
                      <li key={column}>
                        <code>{[row_key, column].filter(Boolean).join(" ")}</code>{" "}
                        {shownValue(column, valueOf(before, column))} → {shownValue(column, valueOf(after, column))}
                      </li>
                    ))}
                  </ul>
                ),
              },
            ]}
          />
        )}
      </Read>
    </Panel>
  );
}

function valueOf(row: Json, column: string): Json | undefined {
  return row !== null && typeof row === "object" && !Array.isArray(row) ? row[column] : undefined;
}
