import type { ComponentChildren } from "preact";
import type { Functions } from "../../database.types.ts";
import { formatTime } from "../../format.ts";
import { Badge, type Tone } from "../../parts/badge.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { hrefOf, useRoute } from "../../route.ts";
import { detailsOf, summaryOf } from "./details.ts";

export type Entry = Functions["audit_entries"]["Returns"][number];

const TONES: Record<string, Tone> = { operator: "busy", visitor: "warn" };

interface Props {
  entries: Entry[];
  empty: ComponentChildren;
}

export function AuditTable({ entries, empty }: Props) {
  const params = Object.fromEntries(useRoute().params);
  // Each value leads to the entries that share it.
  const filtered = (condition: Record<string, string>) => hrefOf(["audit"], { ...params, ...condition });
  const columns: Column<Entry>[] = [
    {
      title: "Time",
      cell: ({ happened_at }) => <time class="audit-time" dateTime={happened_at}>{formatTime(happened_at)}</time>,
    },
    {
      title: "Action",
      cell: (entry) => (
        <>
          <a href={filtered({ action: entry.action })}>{entry.action}</a>
          <small class="audit-summary">{summaryOf(entry.details)}</small>
        </>
      ),
    },
    {
      title: "Who",
      cell: ({ actor, operator_id, operator_email, database_role }) => (
        <>
          <Badge tone={TONES[actor] ?? "quiet"}>{actor}</Badge>
          {operator_id
            ? <a class="audit-who" href={filtered({ operator: operator_id })}>{operator_email ?? operator_id}</a>
            : database_role && <code class="audit-who" title="The database role, in SQL">{database_role}</code>}
        </>
      ),
    },
    {
      title: "User",
      cell: ({ user_id, account_gone_at }) =>
        user_id
          ? (
            <a href={filtered({ user: user_id })} title={user_id} aria-label={`Entries about the user ${user_id}`}>
              <code>{user_id.slice(0, 8)}</code>
            </a>
          )
          : account_gone_at
          ? <span class="muted">deleted</span>
          : "–",
    },
    {
      title: "Subject",
      cell: ({ subject_id }) =>
        subject_id
          ? (
            <a href={filtered({ subject: subject_id })} title={subject_id} aria-label={`Entries about ${subject_id}`}>
              <code>{subject_id.slice(0, 8)}</code>
            </a>
          )
          : "–",
    },
    { title: "Network", cell: ({ network }) => network ? <code>{network}</code> : "–" },
    { title: "Details", cell: (entry) => <Details entry={entry} /> },
  ];
  return (
    <Table
      label="Audit entries"
      columns={columns}
      rows={entries}
      keyOf={({ audit_no }) => audit_no}
      empty={empty}
    />
  );
}

/** All that the log keeps about an entry. */
function Details({ entry }: { entry: Entry }) {
  return (
    <details class="audit-details">
      <summary aria-label={`Show the details of entry ${entry.audit_no}`}>Show</summary>
      <dl class="facts">
        {detailsOf(entry).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              {value.includes("\n") ? <pre tabIndex={0}>{value}</pre> : <code>{value}</code>}
            </dd>
          </div>
        ))}
      </dl>
      {entry.subject_id && (
        <p>
          <a href={hrefOf(["documents", entry.subject_id])}>Open the document</a>
        </p>
      )}
    </details>
  );
}
