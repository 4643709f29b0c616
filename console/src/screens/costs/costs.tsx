import { useOperator } from "../../operator.ts";
import { Page } from "../../parts/page.tsx";
import { Budget } from "./budget.tsx";
import { CostDays } from "./cost_days.tsx";
import { CostDocuments } from "./cost_documents.tsx";
import { CostUsers } from "./cost_users.tsx";
import { Expectation } from "./expectation.tsx";
import { amountsOf } from "./forecast.ts";
import { Prices } from "./prices.tsx";
import "./costs.css";

/** What the providers charge, for what and for whom. */
export default function Costs() {
  // Of the budget's forecast, whatever the plot shows.
  const days = useOperator("cost_days", { p_days: 31 });
  return (
    <Page title="Costs">
      <Budget days={days.data && amountsOf(days.data)} />
      <CostDays />
      <div class="grid">
        <CostUsers />
        <CostDocuments />
      </div>
      <Expectation />
      <Prices />
    </Page>
  );
}
