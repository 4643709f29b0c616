import { useMayAct } from "../../session_context.ts";
import { useOperator } from "../../operator.ts";
import { Page } from "../../parts/page.tsx";
import { ErrorNotice, Read } from "../../parts/notices.tsx";
import { setParams, useRoute } from "../../route.ts";
import { SettingChanges } from "../../settings/setting_changes.tsx";
import { StagePanel } from "./stage_panel.tsx";
import "./stages.css";

const WINDOWS = ["5 minutes", "1 hour", "24 hours"];
/** A postponed message becomes due without a move. */
const EVERY_MS = 5_000;

export default function Stages() {
  const chosen = useRoute().params.get("window");
  const window = WINDOWS.find((each) => each === chosen) ?? "1 hour";
  const stages = useOperator("stages", { p_time_window: window }, { everyMs: EVERY_MS });
  const errors = useOperator("stage_errors", { p_time_window: window });
  const runs = useOperator("stage_runs", {}, { everyMs: EVERY_MS });
  const settings = useOperator("settings", { p_setting: "stages" });
  const mayAct = useMayAct();
  return (
    <Page
      title="Stages"
      actions={
        <label class="row">
          Figures of the last
          <select
            class="window"
            value={window}
            onChange={(event) => setParams({ window: event.currentTarget.value })}
          >
            {WINDOWS.map((each) => <option key={each} value={each}>{each}</option>)}
          </select>
        </label>
      }
    >
      <Read query={stages}>
        {(stages) => (
          <ol class="stages">
            {stages.map((stage) => (
              <li key={stage.stage}>
                <StagePanel
                  stage={stage}
                  window={window}
                  mayAct={mayAct}
                  errors={(errors.data ?? []).filter((error) => error.stage === stage.stage)}
                  runs={(runs.data ?? []).filter((run) => run.stage === stage.stage)}
                  settings={(settings.data ?? []).filter(({ row_key }) => row_key === stage.stage)}
                />
              </li>
            ))}
          </ol>
        )}
      </Read>
      {[errors, runs, settings].map(({ error, refetch }, n) => (
        <ErrorNotice
          key={n}
          error={error}
          retry={() => void refetch()}
        />
      ))}
      <SettingChanges title="Latest changes of stages" table="stages" />
    </Page>
  );
}
