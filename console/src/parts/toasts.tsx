import { useSyncExternalStore } from "preact/compat";

interface Toast {
  id: number;
  text: string;
}

const SHOWN_MS = 6_000;
const listeners = new Set<() => void>();
let toasts: Toast[] = [];
let lastId = 0;

/** Tells the user that something was done, for some seconds. What needs an answer belongs into the screen. */
export function toast(text: string): void {
  const id = ++lastId;
  change([...toasts, { id, text }]);
  setTimeout(() => change(toasts.filter((toast) => toast.id !== id)), SHOWN_MS);
}

export function Toasts() {
  const shown = useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, () => toasts);
  return (
    <div class="toasts" role="status">
      {shown.map(({ id, text }) => <p key={id}>{text}</p>)}
    </div>
  );
}

function change(to: Toast[]): void {
  toasts = to;
  for (const listener of listeners) listener();
}
