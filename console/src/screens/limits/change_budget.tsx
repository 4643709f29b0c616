import { useEffect, useState } from "preact/hooks";
import { useAct } from "../../operator.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { Field } from "../../parts/field.tsx";
import { toast } from "../../parts/toasts.tsx";
import { type Budget, budgetEffect, centsOf, KINDS } from "./budget.ts";

interface Props {
  /** Whose; the dialog is closed without one. */
  budget: Budget | undefined;
  onClose(): void;
}

export function ChangeBudget({ budget, onClose }: Props) {
  const [kind, setKind] = useState("default");
  const [dollars, setDollars] = useState("");
  const change = useAct("change_user_budget");
  useEffect(() => {
    if (!budget) return;
    setKind(budget.kind);
    setDollars(budget.kind === "own" ? String((budget.monthly_cents ?? 0) / 100) : "");
  }, [budget]);
  const cents = kind === "own" ? centsOf(dollars) : null;
  const effect = budget && kind !== "default" && (kind === "unlimited" || cents !== null)
    ? budgetEffect(budget, cents)
    : "";
  return (
    <Confirm
      title="Monthly budget of a user"
      isOpen={budget !== undefined}
      onClose={onClose}
      action="Save"
      act={async () => {
        if (!budget) return;
        if (kind === "own" && cents === null) throw new Error("Enter the amount in US dollars, such as 12.50.");
        await change.mutateAsync({
          p_user_id: budget.user_id,
          p_kind: kind,
          p_version: budget.version,
          ...cents === null ? {} : { p_monthly_cents: cents },
        });
        toast("Saved.");
      }}
    >
      <p>
        User <code>{budget?.user_id}</code>
      </p>
      <Field label="Budget">
        <select value={kind} onChange={(event) => setKind(event.currentTarget.value)}>
          {Object.entries(KINDS).map(([kind, words]) => <option key={kind} value={kind}>{words}</option>)}
        </select>
      </Field>
      {kind === "own" && (
        <Field label="US dollars a month">
          <input
            inputMode="decimal"
            autocomplete="off"
            value={dollars}
            onInput={(event) => setDollars(event.currentTarget.value)}
          />
        </Field>
      )}
      <p class="effect" role="status">{effect}</p>
    </Confirm>
  );
}
