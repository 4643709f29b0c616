import { useTexts } from "./language.ts";

const TEXTS = {
  en: { title: "The console could not start" },
  de: { title: "Die Konsole konnte nicht starten" },
};

/** What is shown when the settings are missing or wrong: nothing else works without them. */
export function CouldNotStart({ error }: { error: unknown }) {
  const t = useTexts(TEXTS);
  return (
    <main class="centred">
      <h1>{t.title}</h1>
      <p role="alert">{error instanceof Error ? error.message : String(error)}</p>
    </main>
  );
}
