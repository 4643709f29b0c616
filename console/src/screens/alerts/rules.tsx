import { useState } from "preact/hooks";
import { formatSeconds } from "../../format.ts";
import type { useOperator } from "../../operator.ts";
import { Badge } from "../../parts/badge.tsx";
import { Read } from "../../parts/notices.tsx";
import { Panel } from "../../parts/panel.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { Time } from "../../parts/time.tsx";
import { hrefOf, useRoute } from "../../route.ts";
import { useMayAct } from "../../session_context.ts";
import { EditRule } from "./edit_rule.tsx";
import { unitOf } from "./unit.ts";
import { formatValue, type Rule } from "./value.tsx";

/** Every rule with its threshold and what it measured last. */
export function Rules({ query }: { query: ReturnType<typeof useOperator<"alert_rules">> }) {
  const { params } = useRoute();
  const [edited, setEdited] = useState<string>();
  const mayAct = useMayAct();
  const columns: Column<Rule>[] = [
    {
      title: "Rule",
      cell: ({ rule, summary, last_error }) => (
        <>
          <a href={hrefOf(["alerts"], { ...Object.fromEntries(params), runbook: rule })}>{rule}</a>
          <small class="rule-summary">{summary}</small>
          {last_error && <small class="rule-error">It cannot be evaluated: {last_error}</small>}
        </>
      ),
    },
    { title: "State", cell: (rule) => <State rule={rule} /> },
    { title: "Highest now", align: "end", cell: (rule) => formatValue(rule.highest_value, unitOf(rule.summary)) },
    { title: "Threshold", align: "end", cell: (rule) => formatValue(rule.threshold, unitOf(rule.summary)) },
    { title: "Opens after", align: "end", cell: ({ for_seconds }) => after(for_seconds) },
    { title: "Closes after", align: "end", cell: ({ keep_firing_seconds }) => after(keep_firing_seconds) },
    { title: "In 30 days", align: "end", cell: ({ opened_30d }) => opened_30d },
    { title: "Last", cell: ({ last_opened_at }) => <Time at={last_opened_at} /> },
  ];
  if (mayAct) {
    columns.push({
      title: "Change",
      cell: ({ rule }) => (
        <button type="button" onClick={() => setEdited(rule)}>
          Change <span class="hidden">{rule}</span> …
        </button>
      ),
    });
  }
  return (
    <Panel title="Rules">
      <Read query={query}>
        {(rules) => (
          <>
            <Table
              label="Rules"
              columns={columns}
              rows={rules}
              keyOf={({ rule }) => rule}
              empty="This project has no alert rules."
            />
            <EditRule rule={rules.find(({ rule }) => rule === edited)} onClose={() => setEdited(undefined)} />
          </>
        )}
      </Read>
    </Panel>
  );
}

function State({ rule: { is_enabled, last_error, is_open, severity } }: { rule: Rule }) {
  if (!is_enabled) return <Badge tone="quiet">disabled</Badge>;
  if (last_error !== null) return <Badge tone="warn">broken</Badge>;
  if (is_open) return <Badge tone={severity === "critical" ? "bad" : "warn"}>open</Badge>;
  return <Badge tone="good">ok</Badge>;
}

function after(seconds: number): string {
  return seconds === 0 ? "at once" : formatSeconds(seconds);
}
