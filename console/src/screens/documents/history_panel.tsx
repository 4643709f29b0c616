import type { Functions } from "../../database.types.ts";
import { formatSeconds, formatTime } from "../../format.ts";
import { shownName } from "../../parts/name.tsx";
import { Panel } from "../../parts/panel.tsx";
import { type Column, Table } from "../../parts/table.tsx";

type Moment = Functions["document_history"]["Returns"][number];

const COLUMNS: Column<Moment>[] = [
  {
    title: "Time",
    cell: ({ at }) => <time dateTime={at} title={at}>{formatTime(at)}</time>,
  },
  { title: "Kind", cell: ({ kind }) => kind },
  { title: "What", cell: ({ what }) => <code>{shownName(what)}</code> },
  { title: "Stage", cell: ({ stage, attempt }) => stage && (attempt ? `${stage}, attempt ${attempt}` : stage) },
  { title: "Code", cell: ({ code }) => code && <code>{code}</code> },
  {
    title: "Detail",
    cell: ({ at, until, detail }) => until ? `for ${lasting(at, until)}` : detail && shownName(detail),
  },
  { title: "Run", cell: ({ run_id }) => run_id && <code title={run_id}>{run_id.slice(0, 8)}</code> },
  { title: "Request", cell: ({ request_id }) => request_id && <code>{shownName(request_id)}</code> },
  { title: "Id", cell: ({ id, kind }) => id && kind !== "run" && <code>{shownName(id)}</code> },
];

/** Everything that happened to a document. */
export function HistoryPanel({ moments }: { moments: Moment[] }) {
  const requests = [...new Set(moments.map(({ request_id }) => request_id).filter((id) => id !== null))];
  return (
    <Panel title="History">
      <p class="muted">
        Events, attempts, submissions, callbacks and runs, in the order of time.
        {requests.length > 0 && (
          <>
            {" "}The functions' logs have {requests.length === 1 ? "this request" : "these requests"} as{" "}
            <code>request_id</code>: {requests.map((id) => <code key={id}>{shownName(id)}</code>)}
          </>
        )}
      </p>
      <Table
        label="History"
        columns={COLUMNS}
        rows={moments}
        keyOf={(moment) => `${moment.at} ${moment.kind} ${moment.what} ${moment.id}`}
        empty="Its events have been purged."
      />
    </Panel>
  );
}

function lasting(from: string, until: string): string {
  return formatSeconds((Date.parse(until) - Date.parse(from)) / 1000);
}
