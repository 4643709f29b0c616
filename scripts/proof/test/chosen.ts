/** The selection on the command line of `npm test`. */
export interface Chosen {
  checks: string[];
  /** Parts of test files' paths. */
  patterns: string[];
}

/** The command line is invalid; the message names the reason and valid values. */
export class ChoiceError extends Error {
  override name = "ChoiceError";
}

/**
 * Parses `unit engine/worker`: names of checks, then parts of their tests' paths.
 * @param takesPatterns for each check, whether it accepts patterns
 * @throws {ChoiceError} for an unknown check, or patterns for a check without them
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
      `Unknown check: "${patterns[0]}". Checks: ${[...takesPatterns.keys()].join(", ")}.`,
    );
  }
  const without = checks.find((check) => !takesPatterns.get(check));
  if (without) {
    throw new ChoiceError(
      `${without} runs as a whole, without the pattern "${patterns[0]}".`,
    );
  }
  return { checks, patterns };
}
