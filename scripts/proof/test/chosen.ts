/** What was chosen on the command line of `npm test`. */
export interface Chosen {
  checks: string[];
  /** Parts of the paths of test files. */
  patterns: string[];
}

/** The command line cannot be followed; the message says why and what can be written. */
export class ChoiceError extends Error {
  override name = "ChoiceError";
}

/**
 * Reads `unit engine/worker`: names of checks, then parts of the paths of their tests.
 * @param takesPatterns of each check there is, whether it can run chosen tests
 * @throws {ChoiceError} on a word that is no check, or patterns for a check that takes none
 */
export function readChosen(
  words: string[],
  takesPatterns: Map<string, boolean>,
): Chosen {
  const first = words.findIndex((word) => !takesPatterns.has(word));
  const checks = first < 0 ? words : words.slice(0, first);
  const patterns = first < 0 ? [] : words.slice(first);
  if (patterns.length === 0) return { checks, patterns };
  if (checks.length === 0) {
    throw new ChoiceError(
      `There is no check "${patterns[0]}". The checks: ${
        [...takesPatterns.keys()].join(", ")
      }.`,
    );
  }
  const without = checks.find((check) => !takesPatterns.get(check));
  if (without) {
    throw new ChoiceError(
      `${without} runs as a whole: it has no part "${patterns[0]}".`,
    );
  }
  return { checks, patterns };
}
