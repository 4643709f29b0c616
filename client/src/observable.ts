/** A value that others watch: `get` returns the same object until the next `set`, after which listeners are called. */
export interface Observable<T> {
  get(): T;
  set(next: T): void;
  subscribe(listener: () => void): () => void;
}

/** @param onWatched called when the first listener comes (true) and when the last one leaves (false) */
export function createObservable<T>(initial: T, onWatched?: (isWatched: boolean) => void): Observable<T> {
  let value = initial;
  // Each subscription is an entry of its own, even of a function that is subscribed twice.
  const listeners = new Set<{ call: () => void }>();
  return {
    get: () => value,
    set(next) {
      value = next;
      for (const { call } of [...listeners]) call();
    },
    subscribe(call) {
      const entry = { call };
      listeners.add(entry);
      if (listeners.size === 1) onWatched?.(true);
      return () => {
        if (listeners.delete(entry) && listeners.size === 0) onWatched?.(false);
      };
    },
  };
}
