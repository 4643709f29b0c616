/**
 * The key that tokens are signed and verified with (HS256). Given the bytes, jose would import them for every token.
 */
export function tokenKey(secret: string): Promise<CryptoKey> {
  return crypto.subtle.importKey(
    "raw",
    new TextEncoder().encode(secret),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign", "verify"],
  );
}
