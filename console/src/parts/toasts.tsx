import { createSharedValue } from "../shared_value.ts";

interface Toast {
  id: number;
  text: string;
}

const SHOWN_MS = 6_000;
const toasts = createSharedValue<Toast[]>([]);
let lastId = 0;

/** Tells the user that something was done, for some seconds. What needs an answer belongs into the screen. */
export function toast(text: string): void {
  const id = ++lastId;
  toasts.set([...toasts.get(), { id, text }]);
  setTimeout(() => toasts.set(toasts.get().filter((toast) => toast.id !== id)), SHOWN_MS);
}

export function Toasts() {
  const shown = toasts.use();
  return (
    <div class="toasts" role="status">
      {shown.map(({ id, text }) => <p key={id}>{text}</p>)}
    </div>
  );
}
