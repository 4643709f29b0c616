import { formatBytes, formatNumber } from "../../format.ts";
import { useOperator } from "../../operator.ts";
import { Badge } from "../../parts/badge.tsx";
import { Read } from "../../parts/notices.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Time } from "../../parts/time.tsx";
import { type Blocker, severityOf, sortBlockers } from "./blockers.ts";

const EVERY_MS = 5_000;

/** Who keeps vacuum from removing dead rows, and what to do. */
export function VacuumBlockers() {
  const blockers = useOperator("vacuum_blockers", {}, { everyMs: EVERY_MS });
  return (
    <Read query={blockers}>
      {(blockers) => {
        const { holding, normal, hiddenCount } = sortBlockers(blockers);
        const badge = holding.length === 0
          ? <Badge tone="good">nothing</Badge>
          : <Badge tone={holding.some((each) => severityOf(each) === "bad") ? "bad" : "warn"}>{holding.length}</Badge>;
        return (
          <Panel title="What holds vacuum back" actions={badge}>
            {holding.length === 0 && (
              <p class="muted">
                No transaction is older than a minute, and every replication slot is read: dead rows can be removed.
              </p>
            )}
            <Blockers label="What holds vacuum back" blockers={holding} />
            {normal.length > 0 && (
              <details>
                <summary>{normal.length} more, which are normal</summary>
                <Blockers label="Normal transactions and slots" blockers={normal} />
              </details>
            )}
            {hiddenCount > 0 && (
              <p class="notice quiet">
                {hiddenCount}{" "}
                sessions of other roles are hidden from the pipeline's owner, who has no right to read all statistics.
                They may hold vacuum back too.
              </p>
            )}
          </Panel>
        );
      }}
    </Read>
  );
}

function Blockers({ label, blockers }: { label: string; blockers: Blocker[] }) {
  if (blockers.length === 0) return null;
  return (
    <ul class="blockers" aria-label={label}>
      {blockers.map((blocker) => (
        <li key={`${blocker.kind} ${blocker.name}`}>
          <p class="blocker-head">
            <Badge tone={severityOf(blocker)}>{blocker.kind}</Badge>
            <code>{blocker.name}</code>
            {blocker.role && <span class="muted">role {blocker.role}</span>}
            {blocker.state && <span class="muted">{blocker.state}</span>}
          </p>
          <p>
            {blocker.since && (
              <>
                Since <Time at={blocker.since} />.{" "}
              </>
            )}
            {blocker.age_transactions !== null &&
              <>{formatNumber(blocker.age_transactions)} transactions have begun meanwhile.{" "}</>}
            {blocker.retained_bytes !== null && <>It retains {formatBytes(blocker.retained_bytes)} of WAL.{" "}</>}
          </p>
          <Remedy>{blocker.remedy}</Remedy>
        </li>
      ))}
    </ul>
  );
}

/** A remedy ends with the statement that does it, after a colon. */
function Remedy({ children }: { children: string }) {
  const [, sentence, statement] = /^(.*?: )((?:select|rollback|grant) .*;)$/s.exec(children) ?? [];
  return statement
    ? (
      <p>
        {sentence}
        <code>{statement}</code>
      </p>
    )
    : <p>{children}</p>;
}
