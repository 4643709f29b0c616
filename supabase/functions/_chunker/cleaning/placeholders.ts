/** Placeholders of parsers and typesetters for a page without text. */
const PLACEHOLDERS = [
  /^no_(?:content|text|markdown|data)(?:_(?:here|found|available|detected))?$/,
  /^no (?:content|text) (?:here|found|available|detected|on this page)$/,
  /^(?:empty|blank)[_ ]page$/,
  /^(?:this )?page (?:is )?(?:has been )?(?:intentionally |deliberately )?(?:left )?(?:blank|empty)(?: intentionally)?$/,
  /^(?:this page )?intentionally left blank$/,
  /^(?:diese seite (?:ist|wurde|bleibt) )?(?:absichtlich|bewusst) (?:frei|leer)(?: gelassen)?$/,
  /^(?:cette )?page (?:est )?(?:laissée )?(?:intentionnellement|volontairement) (?:laissée )?(?:vide|blanche|en blanc)$/,
  /^(?:esta )?página (?:se ha )?(?:dejada |dejado )?(?:intencionalmente |intencionadamente )?(?:dejada )?en blanco(?: intencionadamente)?$/,
];

/**
 * The text without lines that only say that there is none (`NO_CONTENT_HERE`).
 */
export function removePlaceholders(text: string): string {
  return text.split("\n").filter((line) => !isPlaceholder(line)).join("\n");
}

function isPlaceholder(line: string): boolean {
  if (line.length < 7 || line.length > 100) return false;
  const words = line.toLowerCase().replace(
    /^[\s>#*_[({<-]+|[\s*_\])}>.!-]+$/g,
    "",
  );
  return PLACEHOLDERS.some((placeholder) => placeholder.test(words));
}
