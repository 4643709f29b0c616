import { useId } from "preact/hooks";
import { controlOf, type Setting } from "./setting.ts";
import { shownValue } from "./shown_value.ts";

interface Props {
  setting: Setting;
  hasDefault: boolean;
  draft: string;
  onDraft(draft: string): void;
  /** Why the value is refused. */
  fault?: string;
  /** What the new value does. */
  effects: string[];
}

/** One setting as a control, with its meaning, its rules, and what the entered value does. */
export function SettingField({ setting, hasDefault, draft, onDraft, fault, effects }: Props) {
  const id = useId();
  const { column_name, description, rules, value, default_value } = setting;
  const described = `${id}-meaning ${id}-notes`;
  return (
    <div class="setting-field">
      <div class="setting-control">
        <label id={`${id}-label`} for={id}>{column_name}</label>
        <Control {...{ id, setting, draft, onDraft, described, isFaulty: fault !== undefined }} />
      </div>
      <div class="setting-help">
        <p id={`${id}-meaning`}>{description}</p>
        <p class="muted">
          Now <b>{shownValue(column_name, value)}</b>
          {hasDefault && <>; by default {shownValue(column_name, default_value)}</>}
          {rules.length > 0 && (
            <>
              ; rule: <code>{rules.join("; ")}</code>
            </>
          )}
        </p>
        <div id={`${id}-notes`} class="setting-notes" aria-live="polite">
          {fault !== undefined && <p class="setting-fault">{sentence(fault)}</p>}
          {effects.map((effect) => <p key={effect} class="setting-effect">{effect}</p>)}
        </div>
      </div>
    </div>
  );
}

interface ControlProps {
  id: string;
  setting: Setting;
  draft: string;
  onDraft(draft: string): void;
  described: string;
  isFaulty: boolean;
}

function Control({ id, setting, draft, onDraft, described, isFaulty }: ControlProps) {
  const common = { id, "aria-describedby": described, "aria-invalid": isFaulty };
  switch (controlOf(setting)) {
    case "switch":
      return (
        <select {...common} value={draft} onChange={(event) => onDraft(event.currentTarget.value)}>
          <option value="true">yes</option>
          <option value="false">no</option>
        </select>
      );
    case "choices": {
      const chosen = draft.split(", ").filter((part) => part !== "");
      return (
        <div {...common} class="setting-choices" role="group" aria-labelledby={`${id}-label`}>
          {setting.choices!.map((choice) => (
            <label key={choice}>
              <input
                type="checkbox"
                checked={chosen.includes(choice)}
                onChange={(event) =>
                  onDraft(
                    setting.choices!.filter((each) =>
                      each === choice ? event.currentTarget.checked : chosen.includes(each)
                    ).join(", "),
                  )}
              />{" "}
              {choice}
            </label>
          ))}
        </div>
      );
    }
    default:
      return (
        <input
          {...common}
          type="text"
          inputMode={controlOf(setting) === "number" ? "decimal" : "text"}
          autocomplete="off"
          placeholder={setting.is_nullable ? "none" : undefined}
          value={draft}
          onInput={(event) => onDraft(event.currentTarget.value)}
        />
      );
  }
}

function sentence(fault: string): string {
  return `${fault[0].toUpperCase()}${fault.slice(1)}${fault.endsWith(".") ? "" : "."}`;
}
