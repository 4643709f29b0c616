import { useOperator } from "../../operator.ts";
import { Read } from "../../parts/notices.tsx";
import { Page } from "../../parts/page.tsx";
import { Panel } from "../../parts/panel.tsx";
import { setParams, useRoute } from "../../route.ts";
import { rangeOf, RANGES, useHistory } from "./history.ts";
import { Plots } from "./plots.tsx";
import { ProblemList } from "./problem_list.tsx";
import { StageTable } from "./stage_table.tsx";
import { Tiles } from "./tiles.tsx";
import "./overview.css";

/** Messages become due, and older, without a move. */
const EVERY_MS = 5_000;

export default function Overview() {
  const range = rangeOf(useRoute().params.get("range"));
  const overview = useOperator("overview", {});
  const stages = useOperator("overview_stages", {}, { everyMs: EVERY_MS });
  const history = useHistory(range, overview.data?.[0].counted_to);
  return (
    <Page
      title="Overview"
      actions={
        <div class="ranges" role="group" aria-label="Time shown">
          {RANGES.map((each) => (
            <button
              key={each}
              type="button"
              aria-pressed={each === range}
              onClick={() => setParams({ range: each })}
            >
              {each}
            </button>
          ))}
        </div>
      }
    >
      <ProblemList />
      <Read query={overview}>
        {([now]) => <Tiles now={now} range={range} history={history.data} />}
      </Read>
      <Read query={stages}>
        {(stages) => (
          <>
            <Read query={history}>
              {(history) => <Plots history={history} stages={stages.map(({ stage }) => stage)} />}
            </Read>
            <Panel title="Stages now">
              <StageTable stages={stages} />
            </Panel>
          </>
        )}
      </Read>
    </Page>
  );
}
