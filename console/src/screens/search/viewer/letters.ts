/**
 * The letters and digits of a text, without what a parser and a PDF write differently: case, accents, ligatures, spaces,
 * hyphens, punctuation.
 */
export interface Letters {
  text: string;
  /** For each UTF-16 unit of `text`: where its character begins and ends in the source. */
  starts: number[];
  ends: number[];
  /** Whether a word begins there. */
  begins: boolean[];
  /** Whether the next text continues the last word. */
  isWithinWord: boolean;
}

const LETTER = /^[\p{L}\p{N}]$/u;
/** Written without spaces: each character may be the first of a word. */
const UNSPACED = /^[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;
/** Letters that a decomposition leaves, and what PDFs have in their place. */
const ALIKE: Record<string, string> = { "ı": "i", "ȷ": "j", "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l" };
/** Marks on the letter before; a PDF may have them as characters of their own. */
const MARK = /^[\p{M}\p{Sk}\u00ad]$/u;

export function noLetters(): Letters {
  return { text: "", starts: [], ends: [], begins: [], isWithinWord: false };
}

/** Adds the letters of a text that begins at the offset in its source. */
export function addLetters(letters: Letters, text: string, offset: number): void {
  let at = offset;
  for (const character of text) {
    const next = at + character.length;
    const folded = fold(character);
    if (folded !== "") {
      const begins = !letters.isWithinWord || UNSPACED.test(folded);
      letters.text += folded;
      for (let unit = 0; unit < folded.length; unit++) {
        letters.starts.push(at);
        letters.ends.push(next);
        letters.begins.push(begins && unit === 0);
      }
      letters.isWithinWord = true;
    } else if (!MARK.test(character)) letters.isWithinWord = false;
    at = next;
  }
}

function fold(character: string): string {
  if (character < "\u0080") return /[a-z0-9]/i.test(character) ? character.toLowerCase() : "";
  let folded = "";
  for (const part of character.normalize("NFKD").toLowerCase().normalize("NFKD")) {
    if (LETTER.test(part)) folded += ALIKE[part] ?? part;
  }
  return folded;
}
