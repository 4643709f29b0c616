/**
 * fetch as the functions call others with: it follows no redirect. Every address is configured, and a key that is meant for
 * one host must not go where that host points to.
 */
export function withoutRedirects(
  fetch: typeof globalThis.fetch = globalThis.fetch,
): typeof globalThis.fetch {
  return (input, init) => fetch(input, { ...init, redirect: "error" });
}
