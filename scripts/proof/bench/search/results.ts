import type { SearchResult } from "./search.ts";

/**
 * Adds what was measured to what earlier calls kept in a file.
 * @returns what the file has now
 * @throws {SyntaxError} if the file holds something else
 */
export async function keepResults(
  file: string,
  measured: SearchResult,
): Promise<SearchResult> {
  const kept = await Deno.readTextFile(file).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  });
  const result = kept === undefined
    ? measured
    : joined(JSON.parse(kept) as SearchResult, measured);
  await Deno.writeTextFile(file, JSON.stringify(result, null, 2) + "\n");
  return result;
}

/** Of two measurements of one size, the later; in the order of the sizes. */
export function joined(
  earlier: SearchResult,
  later: SearchResult,
): SearchResult {
  const anew = new Set(later.sizes.map(({ chunks }) => chunks));
  return {
    ...later,
    sizes: [
      ...earlier.sizes.filter(({ chunks }) => !anew.has(chunks)),
      ...later.sizes,
    ].toSorted((a, b) => a.chunks - b.chunks),
  };
}
