/** What browsers with Trusted Types have; others enforce the rest of the security policy. */
interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string | null }): unknown;
}

/** Workers, such as the PDF viewer's, are started from the console's own files; no text becomes HTML or script. */
export function allowOwnScripts(
  types = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes,
  page = document.baseURI,
): void {
  types?.createPolicy("default", { createScriptURL: (url) => isOwn(url, page) ? url : null });
}

function isOwn(url: string, page: string): boolean {
  const assets = new URL("assets/", page);
  const asked = URL.parse(url, page);
  return asked !== null && asked.origin === assets.origin && asked.pathname.startsWith(assets.pathname);
}
