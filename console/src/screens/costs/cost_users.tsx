import type { Functions } from "../../database.types.ts";
import { formatCents, formatNumber } from "../../format.ts";
import { useOperatorPages } from "../../operator_pages.ts";
import { More } from "../../parts/more.tsx";
import { Read } from "../../parts/notices.tsx";
import { Panel } from "../../parts/panel.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { hrefOf, setParams, useRoute } from "../../route.ts";

type Row = Functions["cost_users"]["Returns"][number];

/** Who costs most in a month, against their budget. */
export function CostUsers() {
  const { params } = useRoute();
  const months = lastMonths(new Date());
  const month = months.find((each) => each === params.get("month")) ?? months[0];
  const users = useOperatorPages("cost_users", { p_month: `${month}-01` }, {
    size: 10,
    after: ({ cents, user_id }) => ({ p_before_cents: cents, p_before_id: user_id }),
  });
  const columns: Column<Row>[] = [
    {
      title: "User",
      cell: ({ user_id }) => (
        <a
          href={hrefOf(["costs"], { ...Object.fromEntries(params), user: user_id })}
          title={user_id}
          aria-label={`Dearest documents of the user ${user_id}`}
        >
          <code>{user_id.slice(0, 8)}</code>
        </a>
      ),
    },
    { title: "Pages", align: "end", cell: ({ pages }) => formatNumber(Number(pages)) },
    { title: "Tokens", align: "end", cell: ({ tokens }) => formatNumber(Number(tokens)) },
    { title: "Cost", align: "end", cell: ({ cents }) => formatCents(cents) },
    {
      title: "Of the budget",
      align: "end",
      cell: ({ cents, budget_cents }) =>
        budget_cents === null
          ? "none"
          : Number(budget_cents) === 0
          ? "0"
          : `${formatNumber((100 * cents) / budget_cents, 1)} %`,
    },
  ];
  const actions = (
    <select
      aria-label="Month"
      value={month}
      onChange={(event) => setParams({ month: event.currentTarget.value })}
    >
      {months.map((month) => <option key={month} value={month}>{month}</option>)}
    </select>
  );
  return (
    <Panel title="By user" actions={actions}>
      <Read query={users}>
        {(rows) => (
          <>
            <Table
              label="Costs by user"
              columns={columns}
              rows={rows}
              keyOf={({ user_id }) => user_id}
              empty="No user has cost anything in this month."
            />
            <More pages={users} />
          </>
        )}
      </Read>
    </Panel>
  );
}

/** This month (UTC) and the eleven before. */
function lastMonths(now: Date): string[] {
  return Array.from(
    { length: 12 },
    (_, n) => new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - n, 1)).toISOString().slice(0, 7),
  );
}
