import { useEffect, useState } from "preact/hooks";
import { createTexts, english, type Texts } from "supabase-document-pipeline-client/texts";
import { useLanguage } from "./language.ts";

const inEnglish = createTexts(english);
let inGerman: Texts | undefined;

/** The client's texts for errors, statuses and warnings, in the user's language; English until German has loaded. */
export function useUserTexts(): Texts {
  const language = useLanguage();
  const [, setLoaded] = useState(inGerman);
  useEffect(() => {
    if (language !== "de" || inGerman) return;
    import("supabase-document-pipeline-client/texts/de").then(({ german }) => {
      inGerman = createTexts(german);
      setLoaded(inGerman);
    });
  }, [language]);
  return language === "de" && inGerman ? inGerman : inEnglish;
}
