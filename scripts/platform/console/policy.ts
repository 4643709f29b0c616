/**
 * What the console's page may load and reach: its own files and its project. No script or style within a page, no
 * evaluation of text, no other machine. Scripts' addresses pass the page's own Trusted Types policy (console/src/main.tsx).
 * @param url the project's
 */
function directives(url: string): string[] {
  const { origin, host, protocol } = new URL(url);
  const sockets = `${protocol === "https:" ? "wss" : "ws"}://${host}`;
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob: data:",
    "font-src 'self' data:",
    "worker-src 'self'",
    `connect-src 'self' ${origin} ${sockets}`,
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types default",
  ];
}

/** The policy for a `meta` element, which cannot forbid other pages to frame this one. */
export function metaPolicy(url: string): string {
  return directives(url).join("; ");
}

/** Headers of every answer with a file of the console. */
export function securityHeaders(url: string): Record<string, string> {
  return {
    "content-security-policy": [...directives(url), "frame-ancestors 'none'"].join("; "),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
  };
}

/** How long a browser may keep a file. The names of files in `assets/` change with their content. */
export function cachingOf(path: string): string {
  return path.startsWith("assets/") ? "public, max-age=31536000, immutable" : "no-cache";
}
