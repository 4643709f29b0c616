import type { Functions } from "../../database.types.ts";
import { formatSeconds, formatTime } from "../../format.ts";
import { shownName } from "../../parts/name.tsx";
import { Panel } from "../../parts/panel.tsx";
import { type Column, Table } from "../../parts/table.tsx";

type Moment = Functions["document_history"]["Returns"][number];

const COLUMNS: Column<Moment>[] = [
  {
    title: "Time",
    cell: ({ at }) => <time dateTime={at} title={formatTime(at)}>{clockOf(at)}</time>,
  },
  { title: "Kind", cell: ({ kind }) => kind },
  { title: "What", cell: ({ what }) => <code>{shownName(what)}</code> },
  { title: "Stage", cell: ({ stage, attempt }) => stage && (attempt ? `${stage}, attempt ${attempt}` : stage) },
  {
    title: "Detail",
    cell: ({ at, until, code, detail, run_id, kind }) => (
      <>
        {code && <code>{code}</code>} {detail && shownName(detail)} {until && `for ${lasting(at, until)}`}{" "}
        {run_id && kind !== "run" && <span class="muted">run {run_id.slice(0, 8)}</span>}
      </>
    ),
  },
  { title: "Id", cell: ({ id }) => id && <code>{shownName(id)}</code> },
];

/** Everything that happened to a document. */
export function HistoryPanel({ moments }: { moments: Moment[] }) {
  const days = [...new Set(moments.map(({ at }) => dayOf(at)))];
  const requests = [...new Set(moments.map(({ request_id }) => request_id).filter((id) => id !== null))];
  return (
    <Panel title="History">
      <p class="muted">
        Events, attempts, submissions, callbacks and runs, in the order of time{days.length === 1 && `, on ${days[0]}`}.
        {requests.length > 0 && (
          <>
            {" "}The functions' logs have {requests.length === 1 ? "this request" : "these requests"} as{" "}
            <code>request_id</code>: {requests.map((id) => <code key={id}>{shownName(id)}</code>)}
          </>
        )}
      </p>
      <div class="document-history">
        <Table
          label="History"
          columns={COLUMNS}
          rows={moments}
          keyOf={(moment) => `${moment.at} ${moment.kind} ${moment.what} ${moment.id}`}
          empty="Its events have been purged."
        />
      </div>
    </Panel>
  );
}

/** Hours to milliseconds, with the day where it differs from today. */
function clockOf(at: string): string {
  const time = new Date(at);
  const clock = time.toLocaleTimeString("en-GB", { hour12: false }) +
    `.${String(time.getMilliseconds()).padStart(3, "0")}`;
  return dayOf(at) === dayOf(new Date().toISOString()) ? clock : `${dayOf(at)} ${clock}`;
}

function dayOf(at: string): string {
  return new Date(at).toLocaleDateString("en", { dateStyle: "medium" });
}

function lasting(from: string, until: string): string {
  return formatSeconds((Date.parse(until) - Date.parse(from)) / 1000);
}
