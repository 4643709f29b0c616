import { useEffect, useId, useState } from "preact/hooks";
import { useAct } from "../../operator.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { Field } from "../../parts/field.tsx";
import { toast } from "../../parts/toasts.tsx";
import { enteredThreshold, shownThreshold, unitOf } from "./unit.ts";
import { formatValue, type Rule } from "./value.tsx";

interface Props {
  /** None: closed. */
  rule: Rule | undefined;
  onClose(): void;
}

/** Changes the threshold of a rule, or disables it. */
export function EditRule({ rule, onClose }: Props) {
  const id = useId();
  const act = useAct("change_alert_rule");
  const [threshold, setThreshold] = useState("");
  const [isEnabled, setEnabled] = useState(true);
  const unit = unitOf(rule?.summary ?? "");
  // Once for each rule: an evaluation meanwhile must not take away what is being typed.
  useEffect(() => {
    if (!rule) return;
    setThreshold(shownThreshold(rule.threshold, unit));
    setEnabled(rule.is_enabled);
  }, [rule?.rule]);
  const entered = enteredThreshold(threshold, unit);
  return (
    <Confirm
      title={`Change ${rule?.rule}`}
      isOpen={rule !== undefined}
      onClose={onClose}
      action="Save"
      act={async () => {
        if (entered === undefined) throw new Error("Enter the threshold as a number.");
        await act.mutateAsync({ p_rule: rule!.rule, p_threshold: entered, p_is_enabled: isEnabled });
        toast(`${rule!.rule} was changed.`);
      }}
    >
      <p class="muted">{rule?.summary}</p>
      <Field
        label={`Threshold${unit === "percent" ? " in per cent" : unit === "seconds" ? " in seconds" : ""}`}
        hint={`An alert opens above it. Now ${
          formatValue(rule?.threshold ?? null, unit)
        }; the highest value measured is ${formatValue(rule?.highest_value ?? null, unit)}.`}
      >
        <input
          inputMode="decimal"
          value={threshold}
          aria-invalid={entered === undefined}
          onInput={(event) => setThreshold(event.currentTarget.value)}
        />
      </Field>
      <label class="row" for={id}>
        <input
          id={id}
          type="checkbox"
          checked={isEnabled}
          onChange={(event) => setEnabled(event.currentTarget.checked)}
        />
        Enabled
      </label>
      {!isEnabled && rule?.is_open && <p class="notice warn">Its open alerts close at the next evaluation.</p>}
      <p class="muted">
        Prometheus has rules of its own, in monitoring/rules.yml, which this does not change.
      </p>
    </Confirm>
  );
}
