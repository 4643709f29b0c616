import { createSharedValue } from "./shared_value.ts";

export type Language = "en" | "de";

const KEY = "document-console-language";
const current = createSharedValue<Language>(stored() ?? (navigator.language.startsWith("de") ? "de" : "en"));
document.documentElement.lang = current.get();

/** The user's language, as chosen here or else the browser's. */
export const useLanguage = current.use;

export const language = current.get;

export function setLanguage(chosen: Language): void {
  document.documentElement.lang = chosen;
  localStorage.setItem(KEY, chosen);
  current.set(chosen);
}

/** A screen's texts in the user's language; both languages have the same ones, or it does not compile. */
export function useTexts<Texts extends object>(texts: Record<Language, Texts>): Texts {
  return texts[useLanguage()];
}

function stored(): Language | undefined {
  const value = localStorage.getItem(KEY);
  return value === "en" || value === "de" ? value : undefined;
}
