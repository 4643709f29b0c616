/**
 * The `fetch` of the functions' clients, which follows no redirect. Every address is configured, and a key for one host
 * must not be sent to another.
 */
export function withoutRedirects(
  fetch: typeof globalThis.fetch = globalThis.fetch,
): typeof globalThis.fetch {
  return (input, init) => fetch(input, { ...init, redirect: "error" });
}
