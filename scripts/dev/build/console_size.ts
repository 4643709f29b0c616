/** A chunk in Vite's manifest, by its source's path. https://vite.dev/guide/backend-integration */
interface Chunk {
  file: string;
  imports?: string[];
  dynamicImports?: string[];
}

export type Manifest = Record<string, Chunk>;

/** The page, which every screen needs. */
const SHELL = "index.html";
const SCREEN = /^src\/screens\/(\w+)\/\1\.tsx$/;

/** Chunks that a screen loads only when the user asks for what they do, by their sources; everything else counts. */
export const ON_DEMAND: { source: RegExp; when: string }[] = [
  { source: /(^|\/)client\/src\/resumable\.ts$/, when: "a file of more than 6 MB is sent" },
  { source: /\/pdfjs-dist\/|^src\/screens\/search\/viewer\//, when: "a page of a PDF is shown" },
];

/** The names of the screens that have a chunk. */
export function screensIn(manifest: Manifest): string[] {
  return Object.keys(manifest).flatMap((source) => SCREEN.exec(source)?.[1] ?? []).sort();
}

/** The files of script that a screen loads by itself: the page's, its own, and what they import at once or later. */
export function scriptsOf(manifest: Manifest, screen: string): string[] {
  const chunks = new Set<string>();
  const add = (source: string): void => {
    if (chunks.has(source)) return;
    chunks.add(source);
    const { imports = [], dynamicImports = [] } = manifest[source];
    for (const next of [...imports, ...dynamicImports.filter(isCounted)]) add(next);
  };
  add(SHELL);
  add(`src/screens/${screen}/${screen}.tsx`);
  return [...new Set([...chunks].map((source) => manifest[source].file))].filter((file) => file.endsWith(".js"));
}

function isCounted(source: string): boolean {
  return !SCREEN.test(source) && !ON_DEMAND.some(({ source: exempt }) => exempt.test(source));
}
