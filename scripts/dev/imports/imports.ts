import { dirname, join } from "node:path/posix";
import { type Place } from "./places.ts";

/** One file imports another; both are paths below the repository. */
export interface Import {
  from: string;
  to: string;
  /** It imports types alone, so nothing is loaded when the program runs. */
  isTypeOnly: boolean;
}

const SOURCE = /\.(tsx?|mjs|js)$/;
const TEST = /\.test\.ts$|\/testing\/|^supabase\/tests\//;
/** Written by programs. */
const BUILT = ["client/dist", "console/dist", "console/site", "supabase/functions/_built"];

export const isTest = (path: string) => TEST.test(path);

/** Paths of the sources below a folder of the repository. */
export function sourcesBelow(repository: string, folder: string): string[] {
  return [...Deno.readDirSync(`${repository}/${folder}`)]
    .flatMap(({ name, isDirectory }) => {
      const path = `${folder}/${name}`;
      if (isDirectory) {
        return BUILT.includes(path) ? [] : sourcesBelow(repository, path);
      }
      return SOURCE.test(name) ? [path] : [];
    }).sort();
}

/** An import or export statement that names a file, or a call of `import` with a literal. */
const STATEMENT = /^(?:import|export)\s+(?:([^;"']*?)\s+from\s+)?["'](\.[^"']*)["']|\bimport\(\s*["'](\.[^"']*)["']/gm;

/** The files of this project that a source imports. @param path below the repository */
export function importsOf(path: string, source: string): Import[] {
  return [...source.matchAll(STATEMENT)].map(([, names, named, called]) => ({
    from: path,
    to: join(dirname(path), named ?? called),
    isTypeOnly: named !== undefined && namesTypesAlone(names),
  })).filter(({ to }) => SOURCE.test(to));
}

/** `type { A }`, or `{ type A, type B }`. */
function namesTypesAlone(names: string | undefined): boolean {
  if (names === undefined) return false;
  if (/^type\b/.test(names)) return true;
  const list = /^\{([^}]*)\}$/.exec(names)?.[1];
  return list !== undefined &&
    list.split(",").map((name) => name.trim()).filter((name) => name !== "")
      .every((name) => name.startsWith("type "));
}

/** The place that a file belongs to: the longest of them that holds it. */
export function placeOf(
  path: string,
  places: Record<string, Place>,
): string | undefined {
  return Object.keys(places)
    .filter((place) => path === place || path.startsWith(`${place}/`))
    .toSorted((a, b) => b.length - a.length)[0];
}

/** Whether an entry of a place's imports permits a file of another place. */
export function covers(entry: string, place: string, file: string): boolean {
  return entry.endsWith("/*") ? `${place}/`.startsWith(entry.slice(0, -1)) : entry === place || entry === file;
}

/**
 * The circles of a graph, one for each part in which every node reaches every other; each as the edges from a node back
 * to itself.
 */
export function circlesOf<E extends { from: string; to: string }>(
  edges: E[],
): E[][] {
  const left = new Set(edges.map(({ from }) => from));
  const circles: E[][] = [];
  for (const start of [...left].sort()) {
    if (!left.has(start)) continue;
    const circle = wayBack(start, edges);
    if (!circle) continue;
    circles.push(circle);
    for (const { from } of circle) left.delete(from);
  }
  return circles;
}

/** The shortest way from a node back to itself. */
function wayBack<E extends { from: string; to: string }>(
  start: string,
  edges: E[],
): E[] | undefined {
  const seen = new Set<string>();
  let ways: E[][] = edges.filter(({ from }) => from === start)
    .map((edge) => [edge]);
  while (ways.length > 0) {
    const home = ways.find((way) => way.at(-1)!.to === start);
    if (home) return home;
    ways = ways.flatMap((way) => {
      const at = way.at(-1)!.to;
      if (seen.has(at)) return [];
      seen.add(at);
      return edges.filter(({ from }) => from === at)
        .map((edge) => [...way, edge]);
    });
  }
}
