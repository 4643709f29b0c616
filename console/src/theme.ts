import { createSharedValue } from "./shared_value.ts";

/** `auto` follows the system. */
export type Theme = "auto" | "light" | "dark";
export const THEMES: Theme[] = ["auto", "light", "dark"];

const KEY = "document-console-theme";
const current = createSharedValue(THEMES.find((theme) => theme === localStorage.getItem(KEY)) ?? "auto");
document.documentElement.dataset.theme = current.get();

export const useTheme = current.use;

export function setTheme(theme: Theme): void {
  document.documentElement.dataset.theme = theme;
  localStorage.setItem(KEY, theme);
  current.set(theme);
}
