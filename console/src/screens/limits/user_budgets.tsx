import { useState } from "preact/hooks";
import { formatCents } from "../../format.ts";
import { useOperator } from "../../operator.ts";
import { Badge } from "../../parts/badge.tsx";
import { Field } from "../../parts/field.tsx";
import { Read } from "../../parts/notices.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Table } from "../../parts/table.tsx";
import { setParams, useRoute } from "../../route.ts";
import { useMayAct } from "../../session_context.ts";
import { type Budget, KINDS } from "./budget.ts";
import { ChangeBudget } from "./change_budget.tsx";

const PAGE = 50;

/** Monthly budgets of single users. */
export function UserBudgets() {
  const { params } = useRoute();
  const user = params.get("user") ?? "";
  const after = params.get("after");
  const budgets = useOperator("user_budgets", { p_user: user || null, p_after: after, p_limit: PAGE });
  const [changed, setChanged] = useState<Budget>();
  const mayAct = useMayAct();
  const find = (event: Event) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    setParams({ user: String(form.get("user")).trim(), after: null });
  };
  return (
    <Panel title="Monthly budgets of users">
      <form class="filters" onSubmit={find}>
        <Field label="User">
          <input name="user" type="search" defaultValue={user} placeholder="id or address" autocomplete="off" />
        </Field>
        <button type="submit">Find</button>
        {user && <button type="button" onClick={() => setParams({ user: null })}>Show all with their own</button>}
      </form>
      <Read query={budgets}>
        {(budgets) => (
          <>
            <Table
              label="Budgets of users"
              rows={budgets}
              keyOf={({ user_id }) => user_id}
              empty={user
                ? "No user has this id or address."
                : "No user has a budget of their own. Find a user to give one."}
              columns={[
                { title: "User", cell: ({ user_id }) => <code>{user_id}</code> },
                {
                  title: "Budget",
                  cell: ({ kind }) => <Badge tone={kind === "default" ? "quiet" : "busy"}>{KINDS[kind] ?? kind}</Badge>,
                },
                {
                  title: "A month",
                  align: "end",
                  cell: ({ monthly_cents }) => monthly_cents === null ? "unlimited" : formatCents(monthly_cents),
                },
                { title: "Charged", align: "end", cell: ({ spent_cents }) => formatCents(spent_cents) },
                { title: "Reserved", align: "end", cell: ({ reserved_cents }) => formatCents(reserved_cents) },
                {
                  title: "",
                  cell: (budget) =>
                    mayAct && (
                      <button
                        type="button"
                        aria-label={`Change the budget of ${budget.user_id}`}
                        onClick={() => setChanged(budget)}
                      >
                        Change …
                      </button>
                    ),
                },
              ]}
            />
            <div class="actions">
              {after && <button type="button" onClick={() => setParams({ after: null })}>First page</button>}
              {!user && budgets.length === PAGE && (
                <button
                  type="button"
                  onClick={() => setParams({ after: budgets.at(-1)!.user_id })}
                >
                  Next page
                </button>
              )}
            </div>
          </>
        )}
      </Read>
      <ChangeBudget budget={changed} onClose={() => setChanged(undefined)} />
    </Panel>
  );
}
