import { Buffer } from "node:buffer";
import { createHmac, timingSafeEqual } from "node:crypto";

function hmac(secret: string, message: string | Uint8Array): Buffer {
  // Synchronous, where Web Crypto would pass the few bytes to another thread and back.
  return createHmac("sha256", secret).update(message).digest();
}

/** HMAC-SHA256 of a message, as 64 lower-case hex digits. */
export function hmacHex(
  secret: string,
  message: string | Uint8Array,
): string {
  return hmac(secret, message).toString("hex");
}

/**
 * Whether `signatureHex` is the message's HMAC-SHA256 under this secret, compared in constant time. False for anything
 * but 64 hex digits.
 */
export function verifyHmac(
  secret: string,
  message: string | Uint8Array,
  signatureHex: string,
): boolean {
  if (!/^[0-9a-f]{64}$/i.test(signatureHex)) return false;
  const signature = Buffer.from(signatureHex, "hex");
  return timingSafeEqual(signature, hmac(secret, message));
}

/**
 * The secret with which LlamaParse signs the callbacks of one job. It is derived, not stored, so that a callback is
 * verified before any lookup, and a leaked secret is valid for one job only.
 */
export function jobSecret(
  signingSecret: string,
  jobId: string,
): string {
  return hmacHex(signingSecret, `job:${jobId.toLowerCase()}`);
}
