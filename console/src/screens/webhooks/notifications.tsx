import { useState } from "preact/hooks";
import type { Functions } from "../../database.types.ts";
import { useAct, useOperator } from "../../operator.ts";
import { useOperatorPages } from "../../operator_pages.ts";
import { Badge, type Tone } from "../../parts/badge.tsx";
import { Choice } from "../../parts/choice.tsx";
import { More } from "../../parts/more.tsx";
import { ErrorNotice, Read } from "../../parts/notices.tsx";
import { Panel } from "../../parts/panel.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { Time } from "../../parts/time.tsx";
import { toast } from "../../parts/toasts.tsx";
import { hrefOf, setParams, useRoute } from "../../route.ts";
import { useMayAct } from "../../session_context.ts";
import { EndpointList } from "./endpoint_list.tsx";

type Notification = Functions["notifications"]["Returns"][number];

const OUTCOMES: Record<string, { text: string; tone: Tone }> = {
  waiting: { text: "waiting", tone: "busy" },
  delivered: { text: "delivered", tone: "good" },
  given_up: { text: "given up", tone: "bad" },
};
const EVENTS = [
  "document.completed",
  "document.failed",
  "document.deleted",
  "account.deleted",
  "alert.opened",
  "alert.closed",
  "audit.recorded",
];

/** Endpoints, and the notifications to them. */
export function Notifications() {
  const endpoints = useOperator("endpoints", {}, { everyMs: 5_000 });
  return (
    <>
      <EndpointList query={endpoints} />
      <Outbox endpoints={endpoints.data?.map(({ name }) => name) ?? []} />
    </>
  );
}

function Outbox({ endpoints }: { endpoints: string[] }) {
  const { params } = useRoute();
  const [endpoint, event, outcome] = ["endpoint", "event", "outcome"].map((name) => params.get(name) ?? "");
  const notifications = useOperatorPages("notifications", {
    p_endpoint: endpoint || null,
    p_type: event || null,
    p_outcome: outcome || null,
    // A delivery moves no document.
  }, { size: 25, after: ({ delivery_no }) => ({ p_before_no: delivery_no }), everyMs: 5_000 });
  const resend = useAct("resend_notification");
  const [sent, setSent] = useState<number>();
  const mayAct = useMayAct();
  const columns: Column<Notification>[] = [
    { title: "Written", cell: ({ created_at }) => <Time at={created_at} /> },
    { title: "Endpoint", cell: ({ endpoint }) => endpoint },
    { title: "Event", cell: ({ type }) => <code class="webhook-event">{type}</code> },
    { title: "Outcome", cell: ({ outcome }) => <Outcome outcome={outcome} /> },
    { title: "Attempts", align: "end", cell: ({ attempt_count }) => attempt_count },
    { title: "Last answer", cell: lastAnswer },
    { title: "Next attempt", cell: nextAttempt },
    {
      title: "About",
      cell: ({ document_id, message_id }) => (
        <>
          {document_id && (
            <a class="about" href={hrefOf(["documents", document_id])}>
              Document <code>{document_id.slice(0, 8)}</code>
            </a>
          )}
          <small class="about" title="The id that the receiver sees as webhook-id">
            <code>{message_id}</code>
          </small>
        </>
      ),
    },
  ];
  if (mayAct) {
    columns.push({
      title: "Resend",
      cell: ({ delivery_no, outcome, message_id }) =>
        outcome !== "delivered" && (
          <button
            type="button"
            disabled={resend.isPending && sent === delivery_no}
            aria-label={`Resend ${message_id}`}
            onClick={() => {
              setSent(delivery_no);
              resend.mutate({ p_delivery_no: delivery_no }, {
                onSuccess: (isDue) =>
                  toast(isDue ? "It is due now." : "It was delivered or withdrawn in the meantime."),
              });
            }}
          >
            Resend
          </button>
        ),
    });
  }
  return (
    <Panel title="Notifications">
      <div class="filters" role="search" aria-label="Notifications">
        <Choice
          label="Endpoint"
          value={endpoint}
          values={endpoints}
          onValue={(endpoint) => setParams({ endpoint })}
        />
        <Choice label="Event" value={event} values={EVENTS} onValue={(event) => setParams({ event })} />
        <Choice
          label="Outcome"
          value={outcome}
          values={Object.keys(OUTCOMES)}
          textOf={(outcome) => OUTCOMES[outcome]?.text ?? outcome}
          onValue={(outcome) => setParams({ outcome })}
        />
      </div>
      <ErrorNotice error={resend.error} />
      <Read query={notifications}>
        {(rows) => (
          <>
            <Table
              label="Notifications"
              columns={columns}
              rows={rows}
              keyOf={({ delivery_no }) => delivery_no}
              empty={endpoint || event || outcome
                ? "No notification matches."
                : "Nothing has been sent to an endpoint."}
            />
            <More pages={notifications} />
          </>
        )}
      </Read>
    </Panel>
  );
}

function Outcome({ outcome }: { outcome: string }) {
  const { text, tone } = OUTCOMES[outcome] ?? { text: outcome, tone: "quiet" };
  return <Badge tone={tone}>{text}</Badge>;
}

function lastAnswer({ last_status, last_error, delivered_at, given_up_at }: Notification) {
  return (
    <>
      {last_error ?? (last_status === null ? "–" : last_status)}
      {(delivered_at ?? given_up_at) && (
        <small class="about">
          <Time at={delivered_at ?? given_up_at} />
        </small>
      )}
    </>
  );
}

function nextAttempt({ next_attempt_at, is_endpoint_enabled }: Notification) {
  if (next_attempt_at === null) return "–";
  return is_endpoint_enabled ? <Time at={next_attempt_at} /> : "once its endpoint is enabled";
}
