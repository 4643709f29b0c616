import type { ComponentChildren } from "preact";
import type { Functions } from "../../database.types.ts";
import { formatCents, formatNumber } from "../../format.ts";
import { shortName } from "../../parts/name.tsx";
import { Time } from "../../parts/time.tsx";
import { hrefOf } from "../../route.ts";
import { documentsOf, LAST, type Range, type StageHistory, sumOf } from "./history.ts";

interface Props {
  now: Functions["overview"]["Returns"][number];
  range: Range;
  history: StageHistory[] | undefined;
}

/** The figures that are looked at first. */
export function Tiles({ now, range, history }: Props) {
  const documents = history && documentsOf(history);
  const failed = documents && sumOf(documents.failed_counts);
  return (
    <dl class="tiles">
      <Tile label="Registered" value={documents && formatNumber(sumOf(documents.registered_counts))}>
        in {LAST[range]}
      </Tile>
      <Tile label="Completed" value={documents && formatNumber(sumOf(documents.transition_counts))}>
        in {LAST[range]}
      </Tile>
      <Tile
        label="Failed"
        tone={failed ? "bad" : undefined}
        value={failed === undefined ? undefined : formatNumber(failed)}
      >
        <a href={hrefOf(["failures"])}>{formatNumber(now.dead_letter_count)} in the dead letter</a>
      </Tile>
      <Tile label="Active" value={formatNumber(now.active_count)}>
        {formatNumber(now.user_queued_count)} in user queues, {formatNumber(now.awaiting_count)} await their bytes
      </Tile>
      <Tile label="Oldest under way" value={now.oldest_since ? <Time at={now.oldest_since} /> : "none"}>
        {now.oldest_document_id && (
          <a href={hrefOf(["documents", now.oldest_document_id])}>
            <bdi>{shortName(now.oldest_filename ?? now.oldest_document_id, 40)}</bdi>
          </a>
        )}
      </Tile>
      <Tile label="Cost today" value={formatCents(now.cost_today_cents)}>
        <a href={hrefOf(["costs"])}>
          {formatCents(now.cost_month_cents)} this month
          {now.budget_month_cents === null ? "" : ` of ${formatCents(now.budget_month_cents)}`}
        </a>
      </Tile>
    </dl>
  );
}

interface TileProps {
  label: string;
  /** Undefined while it loads. */
  value: ComponentChildren | undefined;
  tone?: "bad";
  /** What explains the figure. */
  children?: ComponentChildren;
}

function Tile({ label, value, tone, children }: TileProps) {
  return (
    <div class={`tile ${tone ?? ""}`}>
      <dt>{label}</dt>
      <dd class="figure">{value ?? "…"}</dd>
      <dd class="note">{children}</dd>
    </div>
  );
}
