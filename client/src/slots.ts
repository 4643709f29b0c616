import { reasonOf } from "./abort.ts";

/** Lets a few work at once; the others wait, the first one first. */
export interface Slots {
  /** Takes a slot if one is free: returns what gives it back, or null. */
  tryTake(): (() => void) | null;
  /** Waits for a slot and returns what gives it back. Throws the signal's reason when the signal fires. */
  take(signal: AbortSignal): Promise<() => void>;
}

export function createSlots(count: number): Slots {
  let free = count;
  const waiting: (() => void)[] = [];

  function giveBack(): void {
    const next = waiting.shift();
    if (next) next();
    else free++;
  }

  function once(): () => void {
    let isTaken = true;
    return () => {
      if (isTaken) giveBack();
      isTaken = false;
    };
  }

  function tryTake(): (() => void) | null {
    if (free === 0) return null;
    free--;
    return once();
  }

  return {
    tryTake,
    take: (signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(reasonOf(signal));
        const slot = tryTake();
        if (slot) return resolve(slot);
        const start = () => {
          signal.removeEventListener("abort", leave);
          resolve(once());
        };
        const leave = () => {
          waiting.splice(waiting.indexOf(start), 1);
          reject(reasonOf(signal));
        };
        waiting.push(start);
        signal.addEventListener("abort", leave, { once: true });
      }),
  };
}
