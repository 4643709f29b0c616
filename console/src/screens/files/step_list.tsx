import { formatNumber, formatSeconds, formatTime } from "../../format.ts";
import { useTexts } from "../../language.ts";
import { type ShownStep, STEPS } from "./steps.ts";
import { TEXTS } from "./texts.ts";

/** A document's way in one line: where it stands, and how far that is of all. */
export function StepBar({ steps, percent, seconds }: { steps: ShownStep[]; percent: number; seconds?: number }) {
  const t = useTexts(TEXTS).steps;
  const n = steps.findIndex(({ state }) => state !== "done");
  return (
    <div class="step-bar">
      <span class="segments" aria-hidden="true">{steps.map(({ step, state }) => <i key={step} class={state} />)}</span>
      <small>
        {n >= 0 && <>{t.line(n + 1, STEPS.length, t.names[steps[n].step])} ·{" "}</>}
        <span class="number">{formatNumber(percent)} %</span>
        {seconds !== undefined && (
          <>
            {" · "}
            <span class="number">{formatSeconds(Math.floor(seconds))}</span>
          </>
        )}
      </small>
    </div>
  );
}

/** A document's way, step by step, with its times. */
export function StepList({ steps, now }: { steps: ShownStep[]; now: number }) {
  const t = useTexts(TEXTS).steps;
  return (
    <ol class="step-list" aria-label={t.label}>
      {steps.map(({ step, state, begunAt, seconds = 0 }) => (
        <li key={step} class={state} aria-current={state === "current" || state === "waiting" ? "step" : undefined}>
          <span class="step-name">{t.names[step]}</span>
          <span class="step-state">{t.states[state]}</span>
          <small class="number">
            {begunAt && state !== "ahead" && (
              <time dateTime={begunAt} title={formatTime(begunAt)}>
                {state === "current" || state === "waiting"
                  ? t.since(formatSeconds(Math.max(0, Math.floor((now - Date.parse(begunAt)) / 1_000))))
                  : formatSeconds(seconds)}
              </time>
            )}
          </small>
        </li>
      ))}
    </ol>
  );
}
