/** Defined by the bundler (scripts/dev/build/bundle.ts). */
declare const PIPELINE_BUILD: string | undefined;

/** The digest of the sources that this function was built from; null where it runs from the sources themselves. */
export const BUILD: string | null = typeof PIPELINE_BUILD === "undefined" ? null : PIPELINE_BUILD;
