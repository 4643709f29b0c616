import type { Functions } from "../../database.types.ts";
import { formatSeconds } from "../../format.ts";
import { useOperatorPages } from "../../operator_pages.ts";
import { Badge } from "../../parts/badge.tsx";
import { Choice } from "../../parts/choice.tsx";
import { More } from "../../parts/more.tsx";
import { Read } from "../../parts/notices.tsx";
import { Panel } from "../../parts/panel.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { Time } from "../../parts/time.tsx";
import { hrefOf, setParams, useRoute } from "../../route.ts";
import { openSeconds } from "./evaluation.ts";
import { formatValue, type Rule, unitOfAlert } from "./value.tsx";

type Alert = Functions["alerts"]["Returns"][number];

/** All alerts that are kept, filtered by what the address says. */
export function AlertHistory({ rules }: { rules: Rule[] }) {
  const { params } = useRoute();
  const state = params.get("state") ?? "";
  const rule = params.get("rule") ?? "";
  const severity = params.get("severity") ?? "";
  const alerts = useOperatorPages("alerts", {
    p_is_open: state === "" ? null : state === "open",
    p_rule: rule || null,
    p_severity: severity || null,
  }, { size: 20, after: ({ opened_at, alert_id }) => ({ p_before_at: opened_at, p_before_id: alert_id }) });
  return (
    <Panel title="History">
      <div class="filters" role="search" aria-label="History">
        <Choice label="State" value={state} values={["open", "closed"]} onValue={(state) => setParams({ state })} />
        <Choice
          label="Severity"
          value={severity}
          values={["critical", "warning"]}
          onValue={(severity) => setParams({ severity })}
        />
        <Choice
          label="Rule"
          value={rule}
          values={rules.map(({ rule }) => rule).toSorted()}
          onValue={(rule) => setParams({ rule })}
        />
      </div>
      <Read query={alerts}>
        {(rows) => (
          <>
            <Table
              label="Alerts"
              columns={columnsOf(rules, Object.fromEntries(params))}
              rows={rows}
              keyOf={({ alert_id }) => alert_id}
              empty={state || rule || severity ? "No alert matches." : "No alert has opened within the last 90 days."}
            />
            <More pages={alerts} />
          </>
        )}
      </Read>
    </Panel>
  );
}

function columnsOf(rules: Rule[], params: Record<string, string>): Column<Alert>[] {
  return [
    { title: "Opened", cell: ({ opened_at }) => <Time at={opened_at} /> },
    {
      title: "Open for",
      align: "end",
      cell: (alert) => alert.closed_at ? formatSeconds(openSeconds(alert, Date.now())) : <Badge tone="bad">open</Badge>,
    },
    {
      title: "Severity",
      cell: ({ severity }) => <Badge tone={severity === "critical" ? "bad" : "warn"}>{severity}</Badge>,
    },
    {
      title: "Alert",
      cell: ({ rule, summary }) => (
        <>
          {summary}
          <small class="rule-summary">
            <a href={hrefOf(["alerts"], { ...params, runbook: rule })}>{rule}</a>
          </small>
        </>
      ),
    },
    {
      title: "Worst",
      align: "end",
      cell: ({ rule, worst_value }) => formatValue(worst_value, unitOfAlert(rule, rules)),
    },
    {
      title: "Threshold",
      align: "end",
      cell: ({ rule, threshold }) => formatValue(threshold, unitOfAlert(rule, rules)),
    },
  ];
}
