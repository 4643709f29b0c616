import type { Functions } from "../../database.types.ts";
import { formatBytes } from "../../format.ts";
import { useOperator } from "../../operator.ts";
import { useOperatorPages } from "../../operator_pages.ts";
import { More } from "../../parts/more.tsx";
import { Name } from "../../parts/name.tsx";
import { Read } from "../../parts/notices.tsx";
import { Page } from "../../parts/page.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { Time } from "../../parts/time.tsx";
import { hrefOf, useRoute } from "../../route.ts";
import { argsOf, countText, filterOf } from "./filters.ts";
import { FindForm } from "./find_form.tsx";
import { FilterForm } from "./filter_form.tsx";
import { StateBadge } from "./state_badge.tsx";

type Row = Functions["documents"]["Returns"][number];

const PAGE_SIZE = 50;

const COLUMNS: Column<Row>[] = [
  {
    title: "Document",
    cell: ({ document_id, filename }) => (
      <a class="document-name" href={hrefOf(["documents", document_id])}>
        <Name>{filename}</Name>
      </a>
    ),
  },
  {
    title: "Status",
    cell: (row) => (
      <>
        <StateBadge status={row.status} state={row.state} isWarned={row.warning_codes.length > 0} />
        {whereItIs(row)}
      </>
    ),
  },
  {
    title: "Codes",
    cell: ({ code, warning_codes }) => (
      <ul class="document-codes">
        {[...code ? [code] : [], ...warning_codes].map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
    ),
  },
  {
    title: "User",
    cell: ({ user_id }) => (
      <a href={hrefOf(["documents"], { user_id })} title={user_id} aria-label={`Documents of the user ${user_id}`}>
        <code>{user_id.slice(0, 8)}</code>
      </a>
    ),
  },
  { title: "Pages", align: "end", cell: ({ page_count }) => page_count ?? "–" },
  { title: "Size", align: "end", cell: ({ bytes_len }) => formatBytes(bytes_len) },
  { title: "Registered", cell: ({ created_at }) => <Time at={created_at} /> },
  { title: "Changed", cell: ({ updated_at }) => <Time at={updated_at} /> },
];

/** All documents of all users, filtered by the parameters of the address. */
export function DocumentList() {
  const filter = filterOf(useRoute().params);
  const args = argsOf(filter);
  const documents = useOperatorPages("documents", args, {
    size: PAGE_SIZE,
    after: ({ created_at, document_id }) => ({ p_before: created_at, p_before_id: document_id }),
  });
  const count = useOperator("document_count", args);
  const isFiltered = Object.keys(filter).length > 0;
  return (
    <Page title="All documents" actions={<FindForm />}>
      <FilterForm filter={filter} />
      <p role="status" class="muted">
        {count.data?.[0] && `${capital(countText(count.data[0]))}${isFiltered ? " match" : ""}, newest first.`}
      </p>
      <Read query={documents}>
        {(rows) => (
          <div class="panel document-list" aria-busy={documents.isPlaceholderData}>
            <Table
              label="Documents"
              columns={COLUMNS}
              rows={rows}
              keyOf={({ document_id }) => document_id}
              empty={isFiltered
                ? (
                  <>
                    No document matches. <a href={hrefOf(["documents"])}>Show all documents</a>
                  </>
                )
                : "No document has been registered yet."}
            />
            <More pages={documents} />
          </div>
        )}
      </Read>
    </Page>
  );
}

/** What the status does not say. */
function whereItIs({ state, stage, is_user_queued, waiting_for }: Row) {
  if (state === "done" || state === "deadletter") return null;
  const place = is_user_queued ? "in the user queue" : stage ? `${state} at ${stage}` : state;
  return <small>{waiting_for ? `${place}, ${waiting_for}` : place}</small>;
}

function capital(text: string): string {
  return text[0].toUpperCase() + text.slice(1);
}
