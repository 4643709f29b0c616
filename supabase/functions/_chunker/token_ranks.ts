import ranksOfTokens from "gpt-tokenizer/bpeRanks/cl100k_base";

/**
 * The vocabulary of OpenAI's embedding models (cl100k_base): each token's bytes, one character of 0–255 a byte, and the
 * rank at which they merge, lower ones first.
 */
export const rankOf = new Map<string, number>();

/** The ranks of two-byte tokens by `first << 8 | second`; -1 where the bytes do not merge. */
export const rankOfPair = new Int32Array(65_536).fill(-1);

const utf8 = new TextEncoder();
/**
 * A character that UTF-8 encodes in several bytes. Few tokens have one: encoding every token took half of a worker's
 * start.
 */
const BEYOND_ASCII = /[\u0080-\uffff]/;

for (const [rank, token] of ranksOfTokens.entries()) {
  // Ranks without a token are holes.
  if (token === undefined) continue;
  const bytes = byteString(token);
  rankOf.set(bytes, rank);
  if (bytes.length === 2) {
    rankOfPair[bytes.charCodeAt(0) << 8 | bytes.charCodeAt(1)] = rank;
  }
}

/** The bytes of a text in UTF-8, one character a byte. */
export function byteString(token: string | ArrayLike<number>): string {
  if (typeof token === "string" && !BEYOND_ASCII.test(token)) return token;
  const bytes = typeof token === "string" ? utf8.encode(token) : token;
  return String.fromCharCode.apply(null, bytes as number[]);
}
