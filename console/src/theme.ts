import { useSyncExternalStore } from "preact/compat";

/** `auto` follows the system. */
export type Theme = "auto" | "light" | "dark";
export const THEMES: Theme[] = ["auto", "light", "dark"];

const KEY = "document-console-theme";
const listeners = new Set<() => void>();
let current: Theme = THEMES.find((theme) => theme === localStorage.getItem(KEY)) ?? "auto";
document.documentElement.dataset.theme = current;

export function useTheme(): Theme {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, () => current);
}

export function setTheme(theme: Theme): void {
  current = theme;
  document.documentElement.dataset.theme = theme;
  localStorage.setItem(KEY, theme);
  for (const listener of listeners) listener();
}
