import { formatCents, formatNumber, formatTime } from "../../format.ts";
import { useOperator } from "../../operator.ts";
import { Bar } from "../../parts/bar.tsx";
import { Read } from "../../parts/notices.tsx";
import { Numbers } from "../../parts/numbers.tsx";
import { Panel } from "../../parts/panel.tsx";
import { hrefOf } from "../../route.ts";
import { type CostRow, forecastOf } from "./forecast.ts";

/** The month: what was charged, what is reserved, and what the budget leaves. */
export function Budget({ days }: { days: CostRow[] | undefined }) {
  const budget = useOperator("budget", {});
  return (
    <Panel title="This month" actions={<a href={hrefOf(["limits"])}>Change the budgets</a>}>
      <Read query={budget}>
        {([budget]) => {
          const { budget_cents_per_user, resets_at } = budget;
          // A gateway may answer decimals as text.
          const [spent_cents, reserved_cents] = [Number(budget.spent_cents), Number(budget.reserved_cents)];
          const budget_cents = budget.budget_cents === null ? null : Number(budget.budget_cents);
          const used = spent_cents + reserved_cents;
          const forecast = days && forecastOf(days, spent_cents, new Date());
          return (
            <>
              {budget_cents !== null && (
                <>
                  <Bar
                    label="Budget in cents"
                    of={budget_cents}
                    segments={[
                      { label: "charged", value: spent_cents, tone: used > 0.8 * budget_cents ? "warn" : "good" },
                      { label: "reserved", value: reserved_cents, tone: "busy" },
                    ]}
                  />
                  {used > 0.8 * budget_cents && (
                    <p class="notice warn">
                      <span>
                        {budget_cents === 0 || used >= budget_cents
                          ? "The budget is spent: documents wait until the next month, or until it is raised."
                          : `${formatNumber((100 * used) / budget_cents)} % of the budget is spent or reserved.`}
                      </span>
                      <a href={hrefOf(["alerts"], { runbook: "PipelineBudgetNearlySpent" })}>What to do</a>
                    </p>
                  )}
                </>
              )}
              <Numbers
                items={[
                  { label: "Charged", value: formatCents(spent_cents) },
                  { label: "Reserved", value: formatCents(reserved_cents), note: "for active documents" },
                  {
                    label: "Budget",
                    value: budget_cents === null ? "none" : formatCents(budget_cents),
                    note: `resets ${formatTime(resets_at)}`,
                  },
                  {
                    label: "Forecast",
                    value: forecast ? `≈ ${formatCents(forecast.cents)}` : "–",
                    note: forecast
                      ? `if the rest of the month is like the last ${
                        forecast.basisDays === 1 ? "day" : `${forecast.basisDays} days`
                      }`
                      : "after the first full day",
                  },
                  {
                    label: "Budget of a user",
                    value: budget_cents_per_user === null ? "none" : formatCents(budget_cents_per_user),
                    note: "without one of their own",
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
