import { useState } from "preact/hooks";
import type { Functions } from "../../database.types.ts";
import { useAct, type useOperator } from "../../operator.ts";
import { Badge } from "../../parts/badge.tsx";
import { Confirm } from "../../parts/confirm.tsx";
import { Empty, Read } from "../../parts/notices.tsx";
import { Numbers } from "../../parts/numbers.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Time } from "../../parts/time.tsx";
import { toast } from "../../parts/toasts.tsx";
import { useMayAct } from "../../session_context.ts";
import { ResendAll } from "./resend_all.tsx";
import { backlogText } from "./standing.ts";

type Endpoint = Functions["endpoints"]["Returns"][number];

/** The endpoints with what they lack; operators enable, disable and resend. */
export function EndpointList({ query }: { query: ReturnType<typeof useOperator<"endpoints">> }) {
  return (
    <Panel title="Endpoints">
      <Read query={query}>
        {(endpoints) =>
          endpoints.length === 0
            ? (
              <Empty>
                No endpoint has been added: see docs/operating/notifications.md. Its secret is printed once, so this is
                done in SQL.
              </Empty>
            )
            : (
              <ul class="endpoints">
                {endpoints.map((endpoint) => (
                  <li key={endpoint.name}>
                    <EndpointCard endpoint={endpoint} />
                  </li>
                ))}
              </ul>
            )}
      </Read>
    </Panel>
  );
}

function EndpointCard({ endpoint }: { endpoint: Endpoint }) {
  const mayAct = useMayAct();
  const [asked, setAsked] = useState<"switch" | "resend">();
  const { name, host, format, events, is_enabled, waiting_count, given_up_count } = endpoint;
  const close = () => setAsked(undefined);
  return (
    <article class="endpoint" aria-label={name}>
      <div class="panel-head">
        <h3>
          {name} <Badge tone={is_enabled ? "good" : "quiet"}>{is_enabled ? "enabled" : "disabled"}</Badge>
        </h3>
        {mayAct && (
          <div class="actions">
            <button
              type="button"
              disabled={waiting_count + given_up_count === 0}
              onClick={() => setAsked("resend")}
            >
              Resend all …
            </button>
            <button type="button" onClick={() => setAsked("switch")}>{is_enabled ? "Disable …" : "Enable …"}</button>
          </div>
        )}
      </div>
      <p class="muted">
        <code>{host}</code>, {format === "slack" ? "as text for a chat" : "signed messages"}: {events.join(", ")}
      </p>
      <Numbers
        items={[
          { label: "Waiting", value: backlogText(waiting_count), note: waitingNote(endpoint) },
          { label: "Given up", value: backlogText(given_up_count) },
          { label: "Last delivered", value: <Time at={endpoint.last_delivered_at} /> },
        ]}
      />
      {endpoint.last_error && <p class="notice warn">Not delivered: {endpoint.last_error}.</p>}
      {endpoint.previous_secret_until && (
        <p class="muted">
          Messages are also signed with the replaced secret until <Time at={endpoint.previous_secret_until} />.
        </p>
      )}
      <Switch endpoint={endpoint} isOpen={asked === "switch"} onClose={close} />
      <ResendAll endpoint={endpoint} isOpen={asked === "resend"} onClose={close} />
    </article>
  );
}

function waitingNote({ is_enabled, next_attempt_at }: Endpoint) {
  if (next_attempt_at === null) return undefined;
  return is_enabled
    ? (
      <>
        next <Time at={next_attempt_at} />
      </>
    )
    : "until it is enabled";
}

interface SwitchProps {
  endpoint: Endpoint;
  isOpen: boolean;
  onClose(): void;
}

function Switch({ endpoint: { name, is_enabled, waiting_count }, isOpen, onClose }: SwitchProps) {
  const act = useAct("enable_endpoint");
  const verb = is_enabled ? "Disable" : "Enable";
  return (
    <Confirm
      title={`${verb} ${name}`}
      isOpen={isOpen}
      onClose={onClose}
      action={verb}
      isDangerous={is_enabled}
      act={async () => {
        await act.mutateAsync({ p_endpoint: name, p_is_enabled: !is_enabled });
        toast(`${name} is ${is_enabled ? "disabled" : "enabled"}.`);
      }}
    >
      {is_enabled
        ? (
          <p>
            Events that happen while it is disabled are not written for it, and it does not get them later.
            {waiting_count > 0 && ` What waits for it (${backlogText(waiting_count)}) is kept for 30 days.`}
          </p>
        )
        : (
          <p>
            It gets the events from now on.
            {waiting_count > 0 && ` What has waited for it (${backlogText(waiting_count)}) is sent as it is due.`}
          </p>
        )}
    </Confirm>
  );
}
