import type { Functions } from "../../database.types.ts";
import { formatCents, formatNumber } from "../../format.ts";
import { useOperatorPages } from "../../operator_pages.ts";
import { More } from "../../parts/more.tsx";
import { Name } from "../../parts/name.tsx";
import { Read } from "../../parts/notices.tsx";
import { Panel } from "../../parts/panel.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { hrefOf, setParams, useRoute } from "../../route.ts";
import { isUuid } from "../../uuid.ts";

type Row = Functions["cost_documents"]["Returns"][number];

const COLUMNS: Column<Row>[] = [
  {
    title: "Document",
    cell: ({ document_id, filename }) => (
      <a class="document-name" href={hrefOf(["documents", document_id])}>
        <Name>{filename}</Name>
      </a>
    ),
  },
  { title: "Pages", align: "end", cell: ({ page_count }) => page_count === null ? "–" : formatNumber(page_count) },
  { title: "Charges", align: "end", cell: ({ charge_count }) => formatNumber(charge_count) },
  { title: "Cost", align: "end", cell: ({ cents }) => formatCents(cents) },
];

/** The documents that cost most, of all users or of the one in the address. */
export function CostDocuments() {
  const { params } = useRoute();
  const user = params.get("user") ?? "";
  const days = params.get("days") === "90" ? 90 : 30;
  const documents = useOperatorPages(
    "cost_documents",
    { p_days: days, p_user_id: isUuid(user) ? user : null },
    { size: 10, after: ({ cents, document_id }) => ({ p_before_cents: cents, p_before_id: document_id }) },
  );
  const actions = isUuid(user)
    ? (
      <>
        <span class="muted">
          of <code title={user}>{user.slice(0, 8)}</code>
        </span>
        <button type="button" onClick={() => setParams({ user: null })}>Of all users</button>
      </>
    )
    : undefined;
  return (
    <Panel title={`By document, ${days} days`} actions={actions}>
      <Read query={documents}>
        {(rows) => (
          <>
            <Table
              label="Costs by document"
              columns={COLUMNS}
              rows={rows}
              keyOf={({ document_id }) => document_id}
              empty="No document has cost anything. Charges of deleted documents are in the sums alone."
            />
            <More pages={documents} />
            {!isUuid(user) && rows.length > 0 && (
              <p class="muted">Among the documents with the 2,000 dearest charges.</p>
            )}
          </>
        )}
      </Read>
    </Panel>
  );
}
