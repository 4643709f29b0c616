// What packages take for global, as Node has it, and hosted's Deno gives only to packages that it loads itself.
import { setImmediate as runSoon } from "node:timers";
export { Buffer } from "node:buffer";

const waiting = new Set();

/** Hosted's Deno runs one that was cleared, if it was due by then. The driver of Postgres ends the process by that. */
export function setImmediate(callback, ...values) {
  const handle = runSoon(() => {
    if (waiting.delete(handle)) callback(...values);
  });
  waiting.add(handle);
  return handle;
}

export function clearImmediate(handle) {
  waiting.delete(handle);
}
