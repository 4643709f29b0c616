/** UTF-16 units. Anything longer without an end is no sentence. */
const LONGEST = 2_000;

/** A fixed locale, so that chunks do not depend on the machine's. */
export const sentences = new Intl.Segmenter("en", { granularity: "sentence" });

const ENDS = /[.!?…:。．！？：؟۔।॥]["'»”’)\]*_¹²³]{0,4}$|\p{L}[.!?]\d{1,2}$/u;
/** Abbreviations whose dot the segmenter takes for a sentence's end before a capital or number. */
const ABBREVIATED = /(?:^|[\s(])(?:\p{L}|Abs|Art|Nr|No|Fig|Tab|Vol|Sec|Ziff|bzw|ca|vgl|e\.g|i\.e|z\.B|d\.h)\.\s*$/u;
/**
 * Words that end no sentence and no caption, so that even a capital may follow: articles, prepositions, conjunctions,
 * auxiliaries.
 */
const LEADS_ON =
  /(?:^|\s)(?:a|an|the|of|to|in|on|at|by|for|from|with|within|without|and|or|but|nor|as|than|that|which|who|whose|is|are|was|were|be|has|have|had|will|shall|must|may|can|not|its|their|his|her|our|your|this|these|each|every|per|under|over|between|against|der|die|das|des|dem|den|ein|eine|einer|eines|einem|einen|und|oder|aber|sowie|von|vom|zu|zum|zur|im|ins|am|an|auf|aus|bei|beim|mit|nach|vor|für|durch|gegen|ohne|um|über|unter|zwischen|wegen|als|wie|dass|ob|ist|sind|war|waren|wird|werden|hat|haben|kann|muss|darf|soll|nicht|kein|keine|seine|ihre|seiner|ihrer|jede|jeder|jedes|diese|dieser|le|la|les|un|une|du|de|des|au|aux|et|ou|par|pour|avec|sans|dans|sur|sous|entre|que|qui|dont|est|sont|el|los|las|una|del|al|y|o|con|sin|por|para|en|entre|il|lo|gli|uno|di|da|con|su|per|tra|fra|e|che|het|een|van|voor|met|naar|door|os|as|um|uma|do|da|dos|das|em|no|na|com)$/i;
/** Scripts without spaces between words. */
const UNSPACED = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}ー々]/u;
/** First parts of words that keep their hyphen. */
const PREFIXES =
  /^(?:self|non|well|long|short|high|low|ex|all|cross|half|full|part|multi|semi|co|pre|post|anti|vice|one|two|three|four|five|six|seven|eight|nine|ten|first|second|third|e|x|t)$/i;

/** Whether a block that ends a page stops within a sentence or word that the next page's first block continues. */
export function endsOpen(before: string, after: string): boolean {
  const end = before.slice(-100);
  if (ENDS.test(end) || /[|>`]$/.test(end)) return false;
  const start = after.slice(0, 100).replace(/^["'«„“‘(\[*_]+/, "");
  if (/\p{L}[-\u00ad\u2010¬]$/u.test(end)) return /^\p{L}/u.test(start);
  if (/^\p{Ll}/u.test(start)) return !/^(?:[a-z]|[ivx]{1,4})[.)]\s/.test(start);
  // A new item, note or clause begins with its number.
  if (/^\p{N}+[.)]/u.test(start)) return false;
  if (/[,;，、；،–—(]$/.test(end) || LEADS_ON.test(end)) {
    return /^[\p{L}\p{N}]/u.test(start);
  }
  const words = before.trim().split(/\s+/).length;
  const isLong = UNSPACED.test(end.slice(-1)) ? before.length > 15 : words > 4;
  return /^\p{Lo}/u.test(start) && /\p{Lo}$/u.test(end) && isLong;
}

/** The end of the sentence at the text's beginning; -1 if it is too far. */
export function sentenceEnd(text: string): number {
  // Line breaks within a paragraph are spaces, but the segmenter would end a sentence there.
  const window = text.slice(0, LONGEST).replaceAll("\n", " ");
  let end = 0;
  for (const { segment, index } of sentences.segment(window)) {
    end = index + segment.length;
    if (!ABBREVIATED.test(segment.slice(-12))) break;
  }
  return end === LONGEST && text.length > LONGEST ? -1 : end;
}

/**
 * How much of the text before remains, and what separates it from its continuation: a space, or nothing for a broken
 * word.
 */
export function glueOf(
  before: string,
  moved: string,
  compounds: () => Set<string>,
): { keep: number; glue: string } {
  const keep = before.length;
  const broken = /(\p{L}{1,40})([-\u00ad\u2010¬])$/u.exec(before.slice(-50));
  if (!broken) {
    const isUnspaced = UNSPACED.test(before.slice(-1)) &&
      UNSPACED.test(moved.slice(0, 1));
    return { keep, glue: isUnspaced ? "" : " " };
  }
  const [, start, hyphen] = broken;
  const rest = /^\p{L}{1,40}/u.exec(moved)?.[0] ?? "";
  if (hyphen === "\u00ad" || hyphen === "¬") {
    return { keep: keep - 1, glue: "" };
  }
  // "Haus- und Hofarbeiten" breaks no word.
  if (/^(?:und|oder|bzw|and|or|to|et|ou|y|o|e|en|of)$/i.test(rest)) {
    return { keep, glue: " " };
  }
  const isCompound = !/^\p{Ll}/u.test(rest) || PREFIXES.test(start) ||
    compounds().has(`${start}-${rest}`.toLowerCase());
  return isCompound ? { keep, glue: "" } : { keep: keep - 1, glue: "" };
}
