import { reasonOf } from "./abort.ts";

/** The global scope's events; programs other than browsers may have none of them. */
interface Events {
  addEventListener?(type: string, listener: () => void): void;
  removeEventListener?(type: string, listener: () => void): void;
}

/** Whether the browser knows that there is no network. It may be unreachable although this is false. */
export function isOffline(): boolean {
  const { navigator } = globalThis as { navigator?: { onLine?: boolean } };
  return navigator?.onLine === false;
}

/** Calls the listener each time the browser notices that the network is lost or back, until the function is called. */
export function onNetwork(change: "offline" | "online", listener: () => void): () => void {
  const events = globalThis as Events;
  events.addEventListener?.(change, listener);
  return () => events.removeEventListener?.(change, listener);
}

/** Waits until the browser is online. Throws the signal's reason when the signal fires. */
export function whenOnline(signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(reasonOf(signal));
    if (!isOffline()) return resolve();
    const end = (settle: () => void) => () => {
      stop();
      signal.removeEventListener("abort", aborted);
      settle();
    };
    const aborted = end(() => reject(reasonOf(signal)));
    const stop = onNetwork("online", end(resolve));
    signal.addEventListener("abort", aborted, { once: true });
  });
}
