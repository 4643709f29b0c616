import { useState } from "preact/hooks";
import type { Functions } from "../../database.types.ts";
import { formatNumber, formatSeconds } from "../../format.ts";
import { useAct } from "../../operator.ts";
import { Badge } from "../../parts/badge.tsx";
import { Bar } from "../../parts/bar.tsx";
import { ErrorNotice } from "../../parts/notices.tsx";
import { Numbers } from "../../parts/numbers.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Time } from "../../parts/time.tsx";
import { toast } from "../../parts/toasts.tsx";
import { hrefOf } from "../../route.ts";
import { ChangeSettings } from "../../settings/change_settings.tsx";
import type { Setting } from "../../settings/setting.ts";
import { PauseStage } from "./pause_stage.tsx";
import { StageDetails } from "./stage_details.tsx";
import { capacityOf, type Stage, standingOf } from "./standing.ts";

interface Props {
  stage: Stage;
  window: string;
  mayAct: boolean;
  errors: Functions["stage_errors"]["Returns"];
  runs: Functions["stage_runs"]["Returns"];
  settings: Setting[];
}

export function StagePanel({ stage, window, mayAct, errors, runs, settings }: Props) {
  const [open, setOpen] = useState<"pause" | "settings">();
  const resume = useAct("resume_stage");
  const { word, tone } = standingOf(stage);
  const isPaused = stage.paused_at !== null;
  const close = () => setOpen(undefined);
  const actions = (
    <>
      <Badge tone={tone}>{word}</Badge>
      {mayAct && (
        <>
          <button type="button" disabled={settings.length === 0} onClick={() => setOpen("settings")}>Settings …</button>
          {isPaused
            ? (
              <button
                type="button"
                class="main"
                disabled={resume.isPending}
                onClick={() =>
                  resume.mutate({ p_stage: stage.stage }, { onSuccess: () => toast(`${stage.stage} continues.`) })}
              >
                Resume
              </button>
            )
            : <button type="button" onClick={() => setOpen("pause")}>Pause …</button>}
        </>
      )}
    </>
  );
  return (
    <Panel title={stage.stage} actions={actions}>
      {isPaused && (
        <p class="notice warn">
          <span>
            Paused <Time at={stage.paused_at} />: {stage.paused_because}
          </span>
        </p>
      )}
      {stage.is_circuit_open && (
        <p class="notice bad">
          <span>
            The circuit of {stage.provider} is open: nothing is claimed until a probe succeeds.
          </span>
          <a href={hrefOf(["providers"])}>Providers</a>
        </p>
      )}
      <ErrorNotice error={resume.error} />
      <Queue stage={stage} />
      <Figures stage={stage} window={window} />
      <StageDetails {...{ errors, runs, settings, window }} />
      <PauseStage stage={stage} isOpen={open === "pause"} onClose={close} />
      <ChangeSettings
        title={`Settings of ${stage.stage}`}
        table="stages"
        settings={settings}
        isOpen={open === "settings"}
        onClose={close}
      />
    </Panel>
  );
}

function Queue({ stage: { due_count, working_count, postponed_count } }: { stage: Stage }) {
  const segments = [
    { label: "running", value: working_count, tone: "busy" as const },
    { label: "due", value: due_count, tone: "good" as const },
    { label: "postponed", value: postponed_count, tone: "quiet" as const },
  ];
  return (
    <div class="queue">
      <Bar label="Queue" segments={segments} />
      <ul class="legend">
        {segments.map(({ label, value, tone }) => (
          <li key={label} class={tone}>
            <b>{formatNumber(value)}</b> {label}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Figures({ stage, window }: { stage: Stage; window: string }) {
  const seconds = (value: number | null) => value === null ? "–" : formatSeconds(value);
  return (
    <Numbers
      items={[
        { label: "Oldest due", value: stage.due_count === 0 ? "–" : formatSeconds(stage.oldest_due_seconds) },
        {
          label: "Slots in use",
          value: `${formatNumber(stage.working_count)} of ${formatNumber(capacityOf(stage))}`,
          note: `${stage.running_count} of ${stage.max_invocations} invocations, ${stage.slots} slots each`,
        },
        {
          label: "Throughput",
          value: `${formatNumber(stage.per_minute ?? 0, 2)} / min`,
          note: `${formatNumber(stage.transition_count ?? 0)} in ${window}`,
        },
        {
          label: "p50, p95",
          value: stage.p50_seconds === null ? "–" : `${seconds(stage.p50_seconds)}, ${seconds(stage.p95_seconds)}`,
          note: "waiting included",
        },
        { label: "Lease", value: formatSeconds(stage.lease_seconds) },
        { label: "Attempts", value: `up to ${stage.max_attempts}` },
        {
          label: "Next",
          value: stage.next_stage ?? "complete",
          note: stage.provider ? `calls ${stage.provider}` : undefined,
        },
      ]}
    />
  );
}
