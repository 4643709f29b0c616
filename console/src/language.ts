import { useSyncExternalStore } from "preact/compat";

export type Language = "en" | "de";

const KEY = "document-console-language";
const listeners = new Set<() => void>();
let current: Language = stored() ?? (navigator.language.startsWith("de") ? "de" : "en");
document.documentElement.lang = current;

/** The user's language, as chosen here or else the browser's. */
export function useLanguage(): Language {
  return useSyncExternalStore(subscribe, () => current);
}

export function language(): Language {
  return current;
}

export function setLanguage(chosen: Language): void {
  current = chosen;
  document.documentElement.lang = chosen;
  localStorage.setItem(KEY, chosen);
  for (const listener of listeners) listener();
}

/** A screen's texts in the user's language; both languages have the same ones, or it does not compile. */
export function useTexts<Texts extends object>(texts: Record<Language, Texts>): Texts {
  return texts[useLanguage()];
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function stored(): Language | undefined {
  const value = localStorage.getItem(KEY);
  return value === "en" || value === "de" ? value : undefined;
}
