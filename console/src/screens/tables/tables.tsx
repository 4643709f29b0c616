import { formatBytes, formatNumber } from "../../format.ts";
import { useOperator } from "../../operator.ts";
import { Badge } from "../../parts/badge.tsx";
import { Read } from "../../parts/notices.tsx";
import { Page } from "../../parts/page.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Table } from "../../parts/table.tsx";
import { Time } from "../../parts/time.tsx";
import { setParams, useRoute } from "../../route.ts";
import { Connections } from "./connections.tsx";
import { bloatShare, bloatTone, deadTone, ordered, ORDERS, type TableRow } from "./table_health.ts";
import { VacuumBlockers } from "./vacuum_blockers.tsx";
import "./tables.css";

const EVERY_MS = 10_000;

export default function Tables() {
  const tables = useOperator("tables", {}, { everyMs: EVERY_MS });
  return (
    <Page title="Tables">
      <VacuumBlockers />
      <Read query={tables}>{(tables) => <Sizes tables={tables} />}</Read>
      <Connections />
    </Page>
  );
}

function Sizes({ tables }: { tables: TableRow[] }) {
  const { params } = useRoute();
  const order = ORDERS.find((each) => each === params.get("order")) ?? "size";
  const bytes = tables.reduce((sum, { table_bytes, index_bytes }) => sum + table_bytes + index_bytes, 0);
  const actions = (
    <label class="row">
      Ordered by
      <select
        class="order"
        value={order}
        onChange={(event) => setParams({ order: event.currentTarget.value })}
      >
        {ORDERS.map((each) => <option key={each} value={each}>{each}</option>)}
      </select>
    </label>
  );
  return (
    <Panel title={`${tables.length} tables, ${formatBytes(bytes)}`} actions={actions}>
      <Table
        label="Tables"
        rows={ordered(tables, order)}
        keyOf={({ table_name }) => table_name}
        empty="There are no tables."
        columns={[
          { title: "Table", cell: ({ table_name }) => <TableName name={table_name} /> },
          { title: "Rows, about", align: "end", cell: ({ estimated_rows }) => formatNumber(estimated_rows) },
          { title: "Table size", align: "end", cell: ({ table_bytes }) => formatBytes(table_bytes) },
          { title: "Index size", align: "end", cell: ({ index_bytes }) => formatBytes(index_bytes) },
          {
            title: "Dead rows",
            align: "end",
            cell: (table) => (
              <>
                <Toned tone={deadTone(table)}>{formatNumber(table.dead_rows ?? 0)}</Toned>{" "}
                <small>of {formatNumber(table.vacuum_threshold)}</small>
              </>
            ),
          },
          {
            title: "Bloat, about",
            align: "end",
            cell: (table) =>
              table.bloat_bytes === null ? "–" : (
                <>
                  <Toned tone={bloatTone(table)}>{formatBytes(table.bloat_bytes)}</Toned>{" "}
                  <small>{formatNumber(100 * bloatShare(table))} %</small>
                </>
              ),
          },
          { title: "Vacuum", cell: ({ last_vacuum_at }) => <Time at={last_vacuum_at} /> },
          { title: "Analyze", cell: ({ last_analyze_at }) => <Time at={last_analyze_at} /> },
        ]}
      />
      <p class="muted">
        <small>
          Autovacuum begins at the number that follows the dead rows. Bloat is estimated from the statistics of the
          columns, for the table without its indexes.
        </small>
      </p>
    </Panel>
  );
}

/** Breaks after the schema where there is little room. */
function TableName({ name }: { name: string }) {
  const [schema, table] = name.split(".", 2);
  return table === undefined ? <code>{name}</code> : (
    <code>
      {schema}.<wbr />
      {table}
    </code>
  );
}

function Toned({ tone, children }: { tone: ReturnType<typeof deadTone>; children: string }) {
  return tone === "quiet" ? <>{children}</> : <Badge tone={tone}>{children}</Badge>;
}
