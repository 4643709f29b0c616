import { type ComponentType } from "preact";
import { createSharedValue } from "../shared_value.ts";

const running = createSharedValue<readonly ComponentType[]>([]);

/**
 * Shows a component from now on, whichever screen is opened and whichever user signs in: for what a screen has begun and
 * must not end with it, such as uploads. A screen calls it when its code is loaded.
 */
export function runInBackground(component: ComponentType): void {
  running.set([...running.get(), component]);
}

export function Background() {
  const components = running.use();
  return <>{components.map((Component, n) => <Component key={n} />)}</>;
}
