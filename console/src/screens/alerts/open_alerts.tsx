import { lazy, Suspense } from "preact/compat";
import type { Functions } from "../../database.types.ts";
import { formatSeconds, formatTime } from "../../format.ts";
import type { useOperator } from "../../operator.ts";
import { Badge } from "../../parts/badge.tsx";
import { Numbers } from "../../parts/numbers.tsx";
import { Empty, Loading, Read } from "../../parts/notices.tsx";
import { Panel } from "../../parts/panel.tsx";
import { ScreenBoundary } from "../../parts/screen_boundary.tsx";
import { useNow } from "../../use_now.ts";
import { openSeconds } from "./evaluation.ts";
import { formatValue, type Rule, unitOfAlert } from "./value.tsx";

type Alert = Functions["alerts"]["Returns"][number];

const RunbookSection = lazy(() => import("./runbook_section.tsx"));

interface Props {
  query: ReturnType<typeof useOperator<"alerts">>;
  rules: Rule[];
}

/** What is wrong now, the critical first, each with what to do. */
export function OpenAlerts({ query, rules }: Props) {
  const now = useNow(1_000);
  return (
    <Panel title="Open">
      <Read query={query}>
        {(alerts) =>
          alerts.length === 0 ? <Empty>No alert is open.</Empty> : (
            <ul class="stack">
              {alerts.toSorted(bySeverity).map((alert) => (
                <li key={alert.alert_id}>
                  <OpenAlert {...{ alert, rules, now }} isOnly={alerts.length === 1} />
                </li>
              ))}
            </ul>
          )}
      </Read>
    </Panel>
  );
}

interface AlertProps {
  alert: Alert;
  rules: Rule[];
  now: number;
  isOnly: boolean;
}

function OpenAlert({ alert, rules, now, isOnly }: AlertProps) {
  const unit = unitOfAlert(alert.rule, rules);
  const tone = alert.severity === "critical" ? "bad" : "warn";
  return (
    <article class={`alert ${tone}`} aria-label={alert.rule}>
      <div class="alert-head">
        <Badge tone={tone}>{alert.severity}</Badge>
        <h3>{alert.summary}</h3>
      </div>
      <Numbers
        items={[
          {
            label: "Open for",
            value: formatSeconds(openSeconds(alert, now)),
            note: <>since {formatTime(alert.opened_at)}</>,
          },
          {
            label: "Now",
            value: formatValue(alert.current_value, unit),
            note: alert.current_value === null ? "no longer measured" : undefined,
          },
          { label: "Threshold", value: formatValue(alert.threshold, unit) },
          { label: "Worst", value: formatValue(alert.worst_value, unit) },
        ]}
      />
      <details open={isOnly}>
        <summary>What to do ({alert.rule})</summary>
        <ScreenBoundary>
          <Suspense fallback={<Loading />}>
            <RunbookSection rule={alert.rule} />
          </Suspense>
        </ScreenBoundary>
      </details>
    </article>
  );
}

function bySeverity(one: Alert, other: Alert): number {
  return Number(other.severity === "critical") - Number(one.severity === "critical");
}
