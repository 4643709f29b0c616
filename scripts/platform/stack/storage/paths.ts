/** Where Supabase serves Storage. */
export const BASE = "/storage/v1";

/**
 * What follows `{BASE}{prefix}` in the request's path, still percent-encoded.
 */
export function pathAfter(prefix: string, request: Request): string {
  return new URL(request.url).pathname.slice(BASE.length + prefix.length);
}
