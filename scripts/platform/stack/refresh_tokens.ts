import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";

/** Auth's error codes for an unknown refresh token and for a malformed one. */
const REFUSALS = {
  unknown: {
    code: 400,
    error_code: "refresh_token_not_found",
    msg: "Invalid Refresh Token: Refresh Token Not Found",
  },
  malformed: {
    code: 400,
    error_code: "validation_failed",
    msg: "Refresh token is not valid",
  },
};

/**
 * Refreshes a session and answers a refused token with Auth's error code. `@supabase/lite` calls every token malformed
 * that does not have the format of its own, which is not Auth's.
 */
export async function judgeRefreshToken(
  request: Request,
  answer: (request: Request) => Promise<Response>,
): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  if (
    request.method !== "POST" || pathname !== "/auth/v1/token" ||
    searchParams.get("grant_type") !== "refresh_token"
  ) return await answer(request);

  const asked = request.clone();
  const given = await answer(request);
  if (given.status !== 400) return given;
  const { error_code } = await given.clone().json().catch(() => ({}));
  const isJudged = Object.values(REFUSALS).some((refusal) => refusal.error_code === error_code);
  if (!isJudged) return given;
  const { refresh_token } = await asked.json().catch(() => ({}));
  const refusal = isWellFormed(String(refresh_token ?? "")) ? REFUSALS.unknown : REFUSALS.malformed;
  return Response.json(refusal, { status: 400, headers: headersBeside(given) });
}

/**
 * The two formats: twelve letters and digits; or, since 2025, bytes that begin with 0 and end with four bytes of their
 * digest.
 * @see https://github.com/supabase/auth/blob/master/internal/crypto/refresh_tokens.go
 */
function isWellFormed(token: string): boolean {
  if (token.length <= 12) return /^[a-z0-9]{12}$/.test(token);
  if (!/^[\w-]+$/.test(token)) return false;
  const bytes = Buffer.from(token, "base64url");
  if (bytes.length < 38 || bytes[0] !== 0) return false;
  const digest = createHash("sha256").update(bytes.subarray(0, -4)).digest();
  return digest.subarray(0, 4).equals(bytes.subarray(-4));
}

/** The answer's headers that do not describe its body. */
function headersBeside(answer: Response): Headers {
  const headers = new Headers(answer.headers);
  headers.delete("content-length");
  headers.delete("content-type");
  return headers;
}
