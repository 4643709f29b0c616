import { memo } from "preact/compat";
import { formatNumber, formatSeconds } from "../../format.ts";
import { Panel } from "../../parts/panel.tsx";
import { Plot } from "../../parts/plot.tsx";
import { documentsOf, linesOf, type StageHistory, timesOfHistory } from "./history.ts";

interface Props {
  history: StageHistory[];
  /** In the order of the pipeline. */
  stages: string[];
}

function AllPlots({ history, stages }: Props) {
  const times = timesOfHistory(history);
  const documents = documentsOf(history);
  const counts = (value: number) => formatNumber(value);
  return (
    <div class="grid plots">
      <Panel title="Documents">
        <Plot
          label="Documents registered, completed and failed"
          times={times}
          format={counts}
          series={[
            { label: "Completed", values: documents.transition_counts },
            { label: "Failed", values: documents.failed_counts },
            { label: "Registered", values: documents.registered_counts },
          ]}
        />
      </Panel>
      <Panel title="From upload to searchable">
        <Plot
          label="Time from the arrival of the bytes to completion"
          times={times}
          format={formatSeconds}
          series={[
            { label: "p50", values: documents.p50_seconds },
            { label: "p95", values: documents.p95_seconds },
          ]}
        />
      </Panel>
      <Panel title="Time in each stage, p95">
        <Plot
          label="95 of 100 documents left the stage within this time, waiting included"
          times={times}
          format={formatSeconds}
          series={linesOf(history, stages, "p95_seconds")}
        />
      </Panel>
      <Panel title="Time in each stage, p50">
        <Plot
          label="Half of the documents left the stage within this time, waiting included"
          times={times}
          format={formatSeconds}
          series={linesOf(history, stages, "p50_seconds")}
        />
      </Panel>
      <Panel title="Age of the oldest due message">
        <Plot
          label="The age of the oldest due message in each queue"
          times={times}
          format={formatSeconds}
          series={linesOf(history, stages, "oldest_due_seconds")}
        />
      </Panel>
      <Panel title="Messages in queues">
        <Plot
          label="The most messages in each queue"
          times={times}
          format={counts}
          series={linesOf(history, stages, "message_counts")}
        />
      </Panel>
    </div>
  );
}

/** Drawn again only with other numbers: the rest of the screen changes far more often. */
export const Plots = memo(
  AllPlots,
  (before, after) => before.history === after.history && before.stages.join() === after.stages.join(),
);
