import { useState } from "preact/hooks";
import type { Functions } from "../../database.types.ts";
import { formatCents, formatNumber } from "../../format.ts";
import { useOperator } from "../../operator.ts";
import { Badge } from "../../parts/badge.tsx";
import { Read } from "../../parts/notices.tsx";
import { Panel } from "../../parts/panel.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { useMayAct } from "../../session_context.ts";
import { EditPrice } from "./edit_price.tsx";
import { amountOf } from "./price.ts";

export type Price = Functions["prices"]["Returns"][number];

/** What the providers charge for a page or a million tokens, which operators set to what their account pays. */
export function Prices() {
  const prices = useOperator("prices", {});
  const mayAct = useMayAct();
  const [edited, setEdited] = useState<string>();
  const columns: Column<Price>[] = [
    {
      title: "Tier or model",
      cell: ({ model, is_expected }) => (
        <>
          <code>{model}</code> {is_expected && <Badge tone="good">in use</Badge>}
        </>
      ),
    },
    {
      title: "Price",
      align: "end",
      cell: (price) => {
        const { units, unit } = amountOf(price);
        return `${formatCents(price.cents * units)} ${unit}`;
      },
    },
    {
      title: "Credits",
      align: "end",
      cell: ({ credits }) => credits === null ? "–" : formatNumber(Number(credits), 3),
    },
    { title: "Source", cell: ({ source }) => <small class="price-source">{source}</small> },
  ];
  if (mayAct) {
    columns.push({
      title: "Change",
      cell: (price) => (
        <button
          type="button"
          onClick={() => setEdited(keyOf(price))}
        >
          Change <span class="hidden">the price of {price.model}</span> …
        </button>
      ),
    });
  }
  return (
    <Panel title="Prices">
      <p class="muted">
        Charges are recorded at the price of their time. A model that is not listed costs as much as the dearest.
      </p>
      <Read query={prices}>
        {(prices) => (
          <>
            <Table label="Prices" columns={columns} rows={prices} keyOf={keyOf} empty="No price is listed." />
            <EditPrice price={prices.find((price) => keyOf(price) === edited)} onClose={() => setEdited(undefined)} />
          </>
        )}
      </Read>
    </Panel>
  );
}

function keyOf({ unit, model }: Price): string {
  return `${unit} ${model}`;
}
