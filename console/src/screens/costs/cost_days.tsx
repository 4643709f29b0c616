import { formatCents, formatNumber } from "../../format.ts";
import { useOperator } from "../../operator.ts";
import { Columns } from "../../parts/columns.tsx";
import { Empty, Read } from "../../parts/notices.tsx";
import { Panel } from "../../parts/panel.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { setParams, useRoute } from "../../route.ts";
import { amountsOf, type CostRow, stacksOf, totalsOf } from "./forecast.ts";

type Total = Omit<CostRow, "day">;

const COLUMNS: Column<Total>[] = [
  { title: "Purpose", cell: ({ purpose }) => purpose },
  { title: "Tier or model", cell: ({ model }) => <code>{model}</code> },
  {
    title: "Quantity",
    align: "end",
    cell: ({ purpose, quantity }) => `${formatNumber(quantity)} ${purpose === "parse" ? "pages" : "tokens"}`,
  },
  { title: "Credits", align: "end", cell: ({ credits }) => credits === null ? "–" : formatNumber(credits) },
  { title: "Cost", align: "end", cell: ({ cents }) => formatCents(cents) },
];

/** What each day cost, and for what. */
export function CostDays() {
  const { params } = useRoute();
  const days = params.get("days") === "90" ? 90 : 30;
  const by = params.get("by") === "model" ? "model" : "purpose";
  const costs = useOperator("cost_days", { p_days: days });
  return (
    <Panel
      title="By day"
      actions={
        <>
          <Toggle name="days" chosen={String(days)} options={[["30", "30 days"], ["90", "90 days"]]} label="Period" />
          <Toggle
            name="by"
            chosen={by}
            options={[["purpose", "By purpose"], ["model", "By tier and model"]]}
            label="Series"
          />
        </>
      }
    >
      <Read query={costs}>
        {(rows) =>
          rows.length === 0 ? <Empty>Nothing was charged within {days} days.</Empty> : (
            <>
              <Columns
                label={`Costs of the last ${days} days (UTC)`}
                {...stacksOf(amountsOf(rows), days, by, new Date())}
                format={formatCents}
              />
              <Table
                label="Costs by purpose and model"
                columns={COLUMNS}
                rows={totalsOf(amountsOf(rows))}
                keyOf={({ purpose, model }) => `${purpose} ${model}`}
                empty={null}
              />
            </>
          )}
      </Read>
    </Panel>
  );
}

interface ToggleProps {
  /** The parameter of the address; the first option is its default. */
  name: string;
  label: string;
  chosen: string;
  options: [value: string, text: string][];
}

function Toggle({ name, label, chosen, options }: ToggleProps) {
  return (
    <div class="row toggle" role="group" aria-label={label}>
      {options.map(([value, text], index) => (
        <button
          key={value}
          type="button"
          aria-pressed={value === chosen}
          onClick={() => setParams({ [name]: index === 0 ? null : value })}
        >
          {text}
        </button>
      ))}
    </div>
  );
}
