import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";

/** What Auth says of a refresh token that it did not give out, and of what cannot be one. */
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
 * Refreshes a session, with Auth's own word for a token that is refused: `@supabase/lite` takes for malformed what has not the
 * form of its own tokens, which are others than Auth's.
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
  const isJudged = Object.values(REFUSALS).some((refusal) =>
    refusal.error_code === error_code
  );
  if (!isJudged) return given;
  const { refresh_token } = await asked.json().catch(() => ({}));
  const refusal = isWellFormed(String(refresh_token ?? ""))
    ? REFUSALS.unknown
    : REFUSALS.malformed;
  return Response.json(refusal, { status: 400, headers: headersBeside(given) });
}

/**
 * Of either kind: twelve letters and digits, or since 2025 bytes that begin with 0 and end with four of their digest.
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

/** Headers that the answer had beside those of its body. */
function headersBeside(answer: Response): Headers {
  const headers = new Headers(answer.headers);
  headers.delete("content-length");
  headers.delete("content-type");
  return headers;
}
