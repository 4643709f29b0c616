import { useState } from "preact/hooks";
import { formatSeconds, formatTime } from "../../format.ts";
import { Panel } from "../../parts/panel.tsx";
import { Table } from "../../parts/table.tsx";
import { useNow } from "../../use_now.ts";
import { type Moment, type Round, type Span, type SpanKind, sumsOf, waterfallOf } from "./waterfall.ts";

const KINDS: Record<SpanKind, string> = {
  upload: "waits for its owner's bytes",
  waiting: "waits",
  running: "runs",
  provider: "LlamaParse reads it",
};

interface Props {
  moments: Moment[];
  /** What the database's clock is ahead of this machine's; milliseconds. */
  ahead: number;
}

/** Where a document's time went, stage by stage. */
export function WaterfallPanel({ moments, ahead }: Props) {
  const [chosen, choose] = useState<number>();
  const isMoving = waterfallOf(moments, 0).at(-1)?.ending === undefined;
  // A finished document has nothing that grows.
  const now = useNow(isMoving ? 1_000 : 3_600_000) + ahead;
  const rounds = waterfallOf(moments, now);
  const round = rounds[chosen ?? rounds.length - 1] ?? rounds.at(-1);
  if (!round) {
    return (
      <Panel title="Where the time went">
        <p class="muted">Its events have been purged.</p>
      </Panel>
    );
  }
  return (
    <Panel
      title="Where the time went"
      actions={rounds.length > 1 && (
        <label class="row">
          <span class="muted">Round</span>
          <select
            value={String(rounds.indexOf(round))}
            onChange={(event) => choose(Number(event.currentTarget.value))}
          >
            {rounds.map(({ from, ending }, number) => (
              <option key={number} value={String(number)}>
                {`${number + 1}: ${formatTime(new Date(from))}, ${ending ?? "in work"}`}
              </option>
            ))}
          </select>
        </label>
      )}
    >
      <Chart round={round} />
      <ul class="span-legend">
        <li>
          <i class="span-upload" />waits for its owner
        </li>
        <li>
          <i class="span-waiting" />waits for a worker or its next attempt
        </li>
        <li>
          <i class="span-running" />runs, OpenAI's answers included
        </li>
        <li>
          <i class="span-failed" />an attempt that failed
        </li>
        <li>
          <i class="span-provider" />LlamaParse reads it
        </li>
      </ul>
      <details class="document-spans">
        <summary>As a table</summary>
        <Spans round={round} />
      </details>
    </Panel>
  );
}

function Chart({ round }: { round: Round }) {
  const whole = Math.max(round.to - round.from, 1);
  const percent = (time: number) => `${(100 * time) / whole}%`;
  const stages = sumsOf(round);
  const text = stages.map(({ stage, spent }) => `${stage} ${seconds(total(spent))}`).join(", ");
  return (
    <div class="waterfall" role="img" aria-label={`${seconds(whole)} in all: ${text}`}>
      {stages.map(({ stage, spent }) => (
        <div key={stage}>
          <span>{stage}</span>
          <div class="track">
            {spansIn(round, stage).map((span) => (
              <span
                key={`${span.from} ${span.kind}`}
                class={`span-${span.kind === "running" && span.code ? "failed" : span.kind}`}
                style={{ left: percent(span.from - round.from), width: percent(span.to - span.from) }}
                title={titleOf(span)}
              />
            ))}
          </div>
          <span class="end">{seconds(total(spent))}</span>
        </div>
      ))}
      <div>
        <div class="axis">
          <span>0</span>
          <span>{seconds(whole)}</span>
        </div>
      </div>
    </div>
  );
}

function Spans({ round }: { round: Round }) {
  const rows = round.stages.flatMap(({ stage, spans }) => spans.map((span) => ({ stage, ...span })));
  return (
    <Table<Span & { stage: string }>
      label="Where the time went"
      rows={rows}
      keyOf={({ stage, from, kind }) => `${stage} ${from} ${kind}`}
      columns={[
        { title: "Stage", cell: ({ stage }) => <code>{stage}</code> },
        { title: "What", cell: titleOf },
        { title: "From", cell: ({ from }) => formatTime(new Date(from)) },
        { title: "Took", align: "end", cell: ({ from, to }) => seconds(to - from) },
      ]}
      empty="Nothing has taken time yet."
    />
  );
}

function titleOf({ kind, attempt, code, isOpen, from, to }: Span): string {
  const what = attempt === undefined ? KINDS[kind] : `attempt ${attempt} ${code ? "failed" : KINDS[kind]}`;
  return `${what}${code ? ` (${code})` : ""}${isOpen ? ", until now" : ""}: ${seconds(to - from)}`;
}

function spansIn(round: Round, stage: string): Span[] {
  return round.stages.filter((visit) => visit.stage === stage).flatMap(({ spans }) => spans);
}

function total(spent: Record<SpanKind, number>): number {
  return Object.values(spent).reduce((sum, time) => sum + time, 0);
}

function seconds(milliseconds: number): string {
  return formatSeconds(milliseconds / 1000);
}
