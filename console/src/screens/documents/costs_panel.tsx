import { formatCents, formatNumber } from "../../format.ts";
import { useOperator } from "../../operator.ts";
import { Read } from "../../parts/notices.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Table } from "../../parts/table.tsx";

/** What the providers have charged for a document. */
export function CostsPanel({ documentId }: { documentId: string }) {
  const costs = useOperator("document_costs", { p_document_id: documentId });
  return (
    <Panel title="Costs">
      <Read query={costs}>
        {(rows) => (
          <>
            {rows.length > 0 && <p>{formatCents(rows.reduce((sum, { cost_cents }) => sum + cost_cents, 0))} in all.</p>}
            <div class="document-costs">
              <Table
                label="Costs"
                rows={rows}
                keyOf={({ day, purpose, model }) => `${day} ${purpose} ${model}`}
                columns={[
                  { title: "Day", cell: ({ day }) => day },
                  {
                    title: "For",
                    cell: ({ purpose, model }) => (
                      <>
                        {purpose} <code>{model}</code>
                      </>
                    ),
                  },
                  {
                    title: "Quantity",
                    align: "end",
                    cell: ({ purpose, quantity }) =>
                      `${formatNumber(quantity)} ${purpose !== "parse" ? "tokens" : quantity === 1 ? "page" : "pages"}`,
                  },
                  {
                    title: "Credits",
                    align: "end",
                    cell: ({ credits }) => credits === null ? "–" : formatNumber(credits),
                  },
                  { title: "Cost", align: "end", cell: ({ cost_cents }) => formatCents(cost_cents) },
                ]}
                empty="Nothing has been charged for it."
              />
            </div>
          </>
        )}
      </Read>
    </Panel>
  );
}
