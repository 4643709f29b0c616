import { useSyncExternalStore } from "preact/compat";

/** A value of the page, which components show and anything may set. */
export interface SharedValue<T> {
  get(): T;
  set(next: T): void;
  /** The value within a component, which is shown again when it changes. */
  use(): T;
}

export function createSharedValue<T>(initial: T): SharedValue<T> {
  const listeners = new Set<() => void>();
  let value = initial;
  const get = () => value;
  const subscribe = (listener: () => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  return {
    get,
    set(next) {
      value = next;
      for (const listener of listeners) listener();
    },
    use: () => useSyncExternalStore(subscribe, get),
  };
}
