import type { Functions } from "../../database.types.ts";
import { useOperator } from "../../operator.ts";
import { Badge } from "../../parts/badge.tsx";
import { ErrorNotice } from "../../parts/notices.tsx";
import { Page } from "../../parts/page.tsx";
import { formatAgo, formatSeconds } from "../../format.ts";
import { AlertHistory } from "./alert_history.tsx";
import { OpenAlerts } from "./open_alerts.tsx";
import { Rules } from "./rules.tsx";
import { RunbookDialog } from "./runbook_dialog.tsx";
import { isEvaluatedLate } from "./evaluation.ts";
import "./alerts.css";

type Summary = Functions["alert_summary"]["Returns"][number];

/** What is wrong now, what was, and the rules that say so. */
export default function Alerts() {
  // The rules are evaluated twice a minute, which moves no document.
  const everyMs = 10_000;
  const summary = useOperator("alert_summary", {}, { everyMs });
  const open = useOperator("alerts", { p_is_open: true, p_limit: 200 }, { everyMs });
  const rules = useOperator("alert_rules", {}, { everyMs });
  return (
    <Page
      title="Alerts"
      actions={<span role="status" class="row">{summary.data && <Counts summary={summary.data[0]} />}</span>}
    >
      <ErrorNotice error={summary.error} retry={() => void summary.refetch()} />
      {summary.data && <Evaluation summary={summary.data[0]} />}
      <OpenAlerts query={open} rules={rules.data ?? []} />
      <Rules query={rules} />
      <AlertHistory rules={rules.data ?? []} />
      <RunbookDialog />
    </Page>
  );
}

function Counts({ summary: { critical_count, warning_count } }: { summary: Summary }) {
  if (critical_count + warning_count === 0) return <Badge tone="good">none open</Badge>;
  return (
    <>
      {critical_count > 0 && <Badge tone="bad">{critical_count} critical</Badge>}
      {warning_count > 0 && <Badge tone="warn">{warning_count === 1 ? "1 warning" : `${warning_count} warnings`}
      </Badge>}
    </>
  );
}

/** Silence means that all is well only while the rules are evaluated. */
function Evaluation({ summary: { evaluated_at, read_at, broken_rules, disabled_rules } }: { summary: Summary }) {
  // By the database's clock, whatever this machine's says.
  const now = Date.parse(read_at);
  return (
    <>
      {isEvaluatedLate(evaluated_at, now)
        ? (
          <p class="notice bad" role="alert">
            <span>
              {evaluated_at === null
                ? "The rules have not been evaluated since the database started."
                : `The rules were last evaluated ${
                  formatSeconds((now - Date.parse(evaluated_at)) / 1000)
                } ago, instead of twice a minute.`} No alert opens or closes meanwhile.
            </span>
            <a href="#/schedules">Schedules</a>
          </p>
        )
        : (
          <p class="muted">
            Evaluated {formatAgo(evaluated_at!, now)}.{" "}
            {disabled_rules.length > 0 && `Disabled: ${disabled_rules.join(", ")}.`}
          </p>
        )}
      {broken_rules.length > 0 && (
        <p class="notice warn">
          {broken_rules.length === 1 ? "One rule" : `${broken_rules.length} rules`} could not be evaluated:{" "}
          {broken_rules.join(", ")}. The error is in the table of rules.
        </p>
      )}
    </>
  );
}
