import { useState } from "preact/hooks";

/** Runs what a form asks for, once at a time, and keeps its error until the next attempt. */
export function useSubmit(act: (form: FormData) => Promise<void>) {
  const [error, setError] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    if (isBusy) return;
    const form = new FormData(event.currentTarget as HTMLFormElement);
    setError(undefined);
    setBusy(true);
    try {
      await act(form);
    } catch (error) {
      setError(error);
    } finally {
      setBusy(false);
    }
  };
  return { error, isBusy, submit };
}

/** A text that the form has. */
export function textOf(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === "string" ? value : "";
}
