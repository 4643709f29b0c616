import { useEffect, useState } from "preact/hooks";
import { useAct } from "../../operator.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { Field } from "../../parts/field.tsx";
import { toast } from "../../parts/toasts.tsx";
import { heldBack, type Stage } from "./standing.ts";

interface Props {
  stage: Stage;
  isOpen: boolean;
  onClose(): void;
}

export function PauseStage({ stage, isOpen, onClose }: Props) {
  const [reason, setReason] = useState("");
  const pause = useAct("pause_stage");
  useEffect(() => setReason(""), [isOpen]);
  return (
    <Confirm
      title={`Pause ${stage.stage}`}
      isOpen={isOpen}
      onClose={onClose}
      action="Pause"
      act={async () => {
        await pause.mutateAsync({ p_stage: stage.stage, p_reason: reason });
        toast(`${stage.stage} is paused.`);
      }}
    >
      <p>{heldBack(stage)}</p>
      <p>Uploads are still accepted, and waiting costs no attempt.</p>
      <Field label="Reason" hint="Operators read it, here and where they ask why a document waits.">
        <input value={reason} maxLength={300} onInput={(event) => setReason(event.currentTarget.value)} />
      </Field>
    </Confirm>
  );
}
