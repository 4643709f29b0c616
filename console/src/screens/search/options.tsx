import { formatNumber } from "../../format.ts";
import { useTexts } from "../../language.ts";
import { Field } from "../../parts/field.tsx";
import { type Mode, MODES, type Question } from "./question.ts";
import { TEXTS } from "./texts.ts";

const EACH = [1, 2, 3, 5, 10];

interface Props {
  question: Question;
  onChange(change: Partial<Question>): void;
}

/** How passages are compared and chosen. */
export function Options({ question: { mode, words, perDocument, hidesWeak }, onChange }: Props) {
  const t = useTexts(TEXTS);
  return (
    <details class="search-options">
      <summary>{t.options}</summary>
      <div class="stack">
        <div class="filters">
          <Field label={t.mode}>
            <select value={mode} onChange={(event) => onChange({ mode: event.currentTarget.value as Mode })}>
              {MODES.map((mode) => <option key={mode} value={mode}>{t.modes[mode]}</option>)}
            </select>
          </Field>
          {mode === "hybrid" && (
            <Field label={t.weights} hint={t.weightOf(formatNumber(words), formatNumber(100 - words))}>
              <input
                type="range"
                min="0"
                max="100"
                step="10"
                value={words}
                onChange={(event) =>
                  onChange({ words: Number(event.currentTarget.value) })}
              />
            </Field>
          )}
          <Field label={t.each}>
            <select
              value={perDocument ?? ""}
              onChange={(event) => onChange({ perDocument: Number(event.currentTarget.value) || null })}
            >
              <option value="">{t.eachAny}</option>
              {[...new Set([...EACH, ...perDocument === null ? [] : [perDocument]])].map((count) => (
                <option key={count} value={count}>{formatNumber(count)}</option>
              ))}
            </select>
          </Field>
        </div>
        <label class="row">
          <input
            type="checkbox"
            checked={hidesWeak}
            onChange={(event) => onChange({ hidesWeak: event.currentTarget.checked })}
          />
          {t.weak}
        </label>
        <p class="muted">{t.explained}</p>
      </div>
    </details>
  );
}
