import type { SearchResult } from "./search.ts";

/**
 * Adds measurements to those that earlier calls stored in a file.
 * @returns the file's new content
 * @throws {SyntaxError} if the file has another content
 */
export async function keepResults(
  file: string,
  measured: SearchResult,
): Promise<SearchResult> {
  const kept = await Deno.readTextFile(file).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  });
  const result = kept === undefined ? measured : joined(JSON.parse(kept) as SearchResult, measured);
  await Deno.writeTextFile(file, JSON.stringify(result, null, 2) + "\n");
  return result;
}

/** Merges measurements by size, preferring later ones, in the order of the sizes. */
export function joined(
  earlier: SearchResult,
  later: SearchResult,
): SearchResult {
  const replaced = new Set(later.sizes.map(({ chunks }) => chunks));
  return {
    ...later,
    sizes: [
      ...earlier.sizes.filter(({ chunks }) => !replaced.has(chunks)),
      ...later.sizes,
    ].toSorted((a, b) => a.chunks - b.chunks),
  };
}
