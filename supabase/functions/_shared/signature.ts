import { Buffer } from "node:buffer";

const text = new TextEncoder();

function bytesOf(message: string | Uint8Array): Uint8Array<ArrayBuffer> {
  return typeof message === "string"
    ? text.encode(message)
    : new Uint8Array(message);
}

function hmacKey(secret: string): Promise<CryptoKey> {
  return crypto.subtle.importKey(
    "raw",
    text.encode(secret),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign", "verify"],
  );
}

/** HMAC-SHA256 of a message, as 64 lower-case hex digits. */
export async function hmacHex(
  secret: string,
  message: string | Uint8Array,
): Promise<string> {
  const mac = await crypto.subtle.sign(
    "HMAC",
    await hmacKey(secret),
    bytesOf(message),
  );
  return Buffer.from(mac).toString("hex");
}

/**
 * Whether `signatureHex` is the message's HMAC-SHA256 under this secret. Anything that is not 64 hex digits is
 * simply not a signature. Web Crypto compares in constant time.
 */
export async function verifyHmac(
  secret: string,
  message: string | Uint8Array,
  signatureHex: string,
): Promise<boolean> {
  if (!/^[0-9a-f]{64}$/i.test(signatureHex)) return false;
  return await crypto.subtle.verify(
    "HMAC",
    await hmacKey(secret),
    bytesOf(Buffer.from(signatureHex, "hex")),
    bytesOf(message),
  );
}

/**
 * The secret under which LlamaParse signs the callbacks of one job. It is derived, not stored, so that a callback can
 * be checked before anything is looked up, and one that leaks speaks for one job alone.
 */
export function jobSecret(
  signingSecret: string,
  jobId: string,
): Promise<string> {
  return hmacHex(signingSecret, `job:${jobId.toLowerCase()}`);
}
