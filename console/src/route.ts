import { useSyncExternalStore } from "preact/compat";

/** Where the user is: `#/documents/4f…?page=2` is the path `["documents", "4f…"]` and the parameter `page`. */
export interface Route {
  path: string[];
  params: URLSearchParams;
}

type Params = Record<string, string | number | boolean | null | undefined>;

let hash = location.hash;
let route = parse(hash);

export function useRoute(): Route {
  return useSyncExternalStore((listener) => {
    addEventListener("hashchange", listener);
    return () => removeEventListener("hashchange", listener);
  }, currentRoute);
}

export function currentRoute(): Route {
  if (location.hash !== hash) {
    hash = location.hash;
    route = parse(hash);
  }
  return route;
}

/** The address of a screen within this page. Parameters that are null, undefined, false or empty are left out. */
export function hrefOf(path: string[], params: Params = {}): string {
  const given = Object.entries(params).filter(([, value]) =>
    value !== null && value !== undefined && value !== false && value !== ""
  );
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return `#/${path.map(encodeURIComponent).join("/")}${query && `?${query}`}`;
}

export function go(path: string[], params?: Params): void {
  location.hash = hrefOf(path, params);
}

/** Changes parameters of the current screen without a new entry in the browser's history. */
export function setParams(params: Params): void {
  const { path, params: before } = currentRoute();
  history.replaceState(null, "", hrefOf(path, { ...Object.fromEntries(before), ...params }));
  dispatchEvent(new Event("hashchange"));
}

function parse(hash: string): Route {
  const [path, query] = hash.replace(/^#\/?/, "").split("?", 2);
  return { path: path.split("/").filter(Boolean).map(decoded), params: new URLSearchParams(query) };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
