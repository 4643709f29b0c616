import { type ComponentType } from "preact";
import { useSyncExternalStore } from "preact/compat";

const listeners = new Set<() => void>();
let running: readonly ComponentType[] = [];

/**
 * Shows a component from now on, whichever screen the user opens and whoever signs in: for what a screen has begun and
 * must not end with it, such as uploads. A screen calls it when its code is loaded.
 */
export function runInBackground(component: ComponentType): void {
  running = [...running, component];
  for (const listener of listeners) listener();
}

export function Background() {
  const components = useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, () => running);
  return <>{components.map((Component, n) => <Component key={n} />)}</>;
}
