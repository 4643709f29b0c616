interface Glyph {
  unicode?: string;
}

/** The drawing operators of a page, as pdf.js lists them. */
interface Operators {
  fnArray: number[];
  argsArray: unknown[];
}

/**
 * Puts right what pdf.js does to text from right to left: it turns whole runs around, and with them the letters of a
 * glyph that stands for several, so that Arabic's lam-alef comes out as alef-lam.
 */
export interface Ligatures {
  mend(text: string): string;
}

export function readLigatures(
  { fnArray, argsArray }: Operators,
  { OPS }: { OPS: Record<string, number> },
): Ligatures {
  const right = new Map<string, string | null>();
  fnArray.forEach((operator, at) => {
    if (operator !== OPS.showText) return;
    const [glyphs] = argsArray[at] as [(Glyph | number)[]];
    for (const word of words(glyphs)) {
      if (word.every(({ length }) => length === 1)) continue;
      const turned = [...word.join("")].reverse().join("");
      const meant = [...word].reverse().join("");
      // Two words with the same letters cannot be distinguished.
      const known = right.get(turned);
      right.set(turned, known === undefined || known === meant ? meant : null);
    }
  });
  return {
    mend: (text) => right.size === 0 ? text : text.replace(/\S+/gu, (word) => right.get(word) ?? word),
  };
}

/** The letters of each glyph, word by word, as they are drawn. */
function words(glyphs: (Glyph | number)[]): string[][] {
  const found: string[][] = [[]];
  for (const glyph of glyphs) {
    const letters = typeof glyph === "object" ? glyph?.unicode ?? "" : "";
    if (letters.trim() === "") {
      // A number is the space between two letters, which may be any.
      if (typeof glyph === "object") found.push([]);
    } else found.at(-1)!.push(letters);
  }
  return found.filter((word) => word.length > 0);
}
