import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useTexts } from "../language.ts";
import { Dialog } from "./dialog.tsx";
import { ErrorNotice } from "./notices.tsx";

const TEXTS = { en: { cancel: "Cancel" }, de: { cancel: "Abbrechen" } };

interface Props {
  title: string;
  isOpen: boolean;
  onClose(): void;
  /** The button that does it, named after what it does. */
  action: string;
  isDangerous?: boolean;
  /** Closes the dialog when it is done; a failure stays in it. */
  act(): Promise<unknown>;
  /** A sentence for a failure; by default its message. */
  textOf?(error: unknown): string;
  /** What will happen. */
  children: ComponentChildren;
}

/** Asks before an act that cannot be undone, costs money or reaches many documents. */
export function Confirm({ title, isOpen, onClose, action, isDangerous, act, textOf, children }: Props) {
  const t = useTexts(TEXTS);
  const [error, setError] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  useEffect(() => setError(undefined), [isOpen]);
  const run = async () => {
    setBusy(true);
    try {
      await act();
      onClose();
    } catch (error) {
      setError(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog {...{ title, isOpen, onClose }}>
      <div class="stack">{children}</div>
      <ErrorNotice error={error} text={error === undefined ? undefined : textOf?.(error)} />
      <div class="actions end">
        <button type="button" onClick={onClose}>{t.cancel}</button>
        <button type="button" class={isDangerous ? "danger" : "main"} disabled={isBusy} onClick={() => void run()}>
          {action}
        </button>
      </div>
    </Dialog>
  );
}
