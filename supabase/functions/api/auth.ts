import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from "jose";
import type { MiddlewareHandler } from "hono";
import type { AppEnv } from "../_shared/app_context.ts";
import type { Claims } from "../_shared/database.ts";
import { HttpError } from "../_shared/errors.ts";

/**
 * Turns an `Authorization` header into the verified claims of a signed-in user.
 * @throws {HttpError} 401 `unauthorized` for anything but a valid user's token, 503 `auth_unavailable` if the project's
 * Auth had to verify the token and did not answer
 */
export type Authenticate = (
  authorization: string | undefined,
) => Promise<Claims>;

export interface AuthenticateOptions {
  /** The project's URL, without a trailing slash. */
  supabaseUrl: string;
  /** Sent along with a token that Auth verifies. */
  anonKey: string;
  /** The shared secret of a project that signs with HS256; without it Auth verifies such tokens. */
  jwtSecret?: string;
}

/** Allowed difference between this clock and Auth's, in seconds. */
const CLOCK_TOLERANCE_SECONDS = 10;
const AUTH_TIMEOUT_MS = 5_000;

/** How long a verified token is not verified again, in milliseconds, and how many such tokens are cached. */
const VERIFIED_FOR_MS = 60_000;
const VERIFIED_KEPT = 1_000;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Each signing algorithm has one kind of key: ES256 and RS256 the project's published keys, HS256 the shared secret. A
 * token cannot choose any other key.
 */
export function createAuthenticate(options: AuthenticateOptions): Authenticate {
  const { supabaseUrl, jwtSecret } = options;
  const publishedKeys = createRemoteJWKSet(
    new URL(`${supabaseUrl}/auth/v1/.well-known/jwks.json`),
    { timeoutDuration: AUTH_TIMEOUT_MS },
  );
  const sharedKey = jwtSecret ? importSecret(jwtSecret) : undefined;

  /** `isLocal`: verified here, without calling Auth. */
  async function verify(
    token: string,
  ): Promise<{ payload: JWTPayload; isLocal: boolean }> {
    const { alg, role } = peek(token);
    if (role === "anon" || role === "service_role") throw apiKeyRefused();
    switch (alg) {
      case "ES256":
      case "RS256": {
        const { payload } = await jwtVerify(token, publishedKeys, {
          algorithms: ["ES256", "RS256"],
          requiredClaims: ["iss"],
          clockTolerance: CLOCK_TOLERANCE_SECONDS,
        });
        return { payload, isLocal: true };
      }
      case "HS256": {
        if (!sharedKey) {
          return { payload: await askAuth(token, options), isLocal: false };
        }
        const { payload } = await jwtVerify(token, await sharedKey, {
          algorithms: ["HS256"],
          clockTolerance: CLOCK_TOLERANCE_SECONDS,
        });
        return { payload, isLocal: true };
      }
      default:
        throw unauthorized(
          "The access token is signed in a way that this project does not use.",
        );
    }
  }

  const verified = new VerifiedTokens();

  return async (authorization) => {
    const token = bearerToken(authorization);
    const known = verified.get(token);
    if (known) return known;
    const { payload, isLocal } = await verify(token).catch((error) => {
      throw refusal(error);
    });
    const claims = userClaims(payload, supabaseUrl);
    // Auth may revoke a token that it verified.
    if (isLocal) verified.add(token, claims, payload.exp!);
    return claims;
  };
}

/** A caller sends several requests with one token. A token that was verified stays genuine until it expires. */
class VerifiedTokens {
  readonly #tokens = new Map<string, { claims: Claims; until: number }>();

  get(token: string): Claims | undefined {
    const known = this.#tokens.get(token);
    return known && Date.now() < known.until ? known.claims : undefined;
  }

  /** @param exp seconds since 1970 */
  add(token: string, claims: Claims, exp: number): void {
    this.#tokens.delete(token);
    if (this.#tokens.size >= VERIFIED_KEPT) {
      // A Map iterates in insertion order.
      this.#tokens.delete(this.#tokens.keys().next().value!);
    }
    const until = Math.min(exp * 1000, Date.now() + VERIFIED_FOR_MS);
    this.#tokens.set(token, { claims, until });
  }
}

/** Given the bytes, jose would import them for every token. */
function importSecret(secret: string): Promise<CryptoKey> {
  return crypto.subtle.importKey(
    "raw",
    new TextEncoder().encode(secret),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["verify"],
  );
}

function bearerToken(authorization: string | undefined): string {
  const token = authorization?.match(/^Bearer +(\S+) *$/i)?.[1];
  if (!token) {
    throw unauthorized(
      "Sign in and send the access token as `Authorization: Bearer <token>`.",
    );
  }
  if (/^sb_(publishable|secret)_/.test(token)) throw apiKeyRefused();
  return token;
}

/** The unverified content of a token: it decides how to verify, or refuses the token, but never admits it. */
function peek(token: string): { alg?: string; role?: unknown } {
  try {
    return {
      alg: decodeProtectedHeader(token).alg,
      role: decodeJwt(token).role,
    };
  } catch {
    throw unauthorized("The access token is malformed.");
  }
}

/** Checks the claims that a verified token needs to act for a user of this project. */
function userClaims(payload: JWTPayload, supabaseUrl: string): Claims {
  const { sub, role, aud, exp, iss } = payload;
  if (role !== "authenticated") {
    throw unauthorized("The access token does not belong to a signed-in user.");
  }
  if (![aud].flat().includes("authenticated")) {
    throw unauthorized("The access token is for another audience.");
  }
  if (iss !== undefined && !isOwnIssuer(iss, supabaseUrl)) {
    throw unauthorized("The access token was issued by another project.");
  }
  if (exp === undefined) throw unauthorized("The access token has no expiry.");
  if (sub === undefined || !UUID.test(sub)) {
    throw unauthorized("The access token names no user.");
  }
  return { ...payload, sub: sub.toLowerCase(), role };
}

/**
 * Hosted Auth is `<project URL>/auth/v1`. In local development the functions may use another host name for the project
 * than the browser (`http://kong:8000` and `http://127.0.0.1:54321`), so in a project without TLS, which is never a
 * hosted one, any host is accepted. A token signed with a shared secret may have no issuer.
 */
function isOwnIssuer(issuer: string, supabaseUrl: string): boolean {
  if (issuer === `${supabaseUrl}/auth/v1`) return true;
  return supabaseUrl.startsWith("http://") &&
    /^http:\/\/[^/?#]+\/auth\/v1$/.test(issuer);
}

/** Lets Auth verify a token whose secret is not known here; the claims are read only afterwards. */
async function askAuth(
  token: string,
  { supabaseUrl, anonKey }: AuthenticateOptions,
): Promise<JWTPayload> {
  const response = await fetch(`${supabaseUrl}/auth/v1/user`, {
    headers: { apikey: anonKey, authorization: `Bearer ${token}` },
    redirect: "error",
    signal: AbortSignal.timeout(AUTH_TIMEOUT_MS),
  });
  const answer = await response.text();
  if ([400, 401, 403, 404].includes(response.status)) {
    throw unauthorized("The access token is invalid or has expired.");
  }
  if (!response.ok) {
    throw new Error(`Auth answered ${response.status} to an access token`);
  }
  const payload = decodeJwt(token);
  if (JSON.parse(answer).id !== payload.sub) {
    throw unauthorized(
      "The access token belongs to another user than Auth says.",
    );
  }
  return payload;
}

/** Maps an error to the token's fault (401) or to ours (503). */
function refusal(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  if (error instanceof errors.JWTExpired) {
    return unauthorized("The access token has expired.");
  }
  const tokenIsAtFault = error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JWTClaimValidationFailed ||
    error instanceof errors.JWTInvalid ||
    error instanceof errors.JWSInvalid ||
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSEAlgNotAllowed ||
    error instanceof errors.JOSENotSupported;
  if (tokenIsAtFault) return unauthorized("The access token is not valid.");
  return new HttpError("auth_unavailable", {
    message: "The access token could not be verified. Retry later.",
    cause: error,
    headers: { "retry-after": "5" },
  });
}

function apiKeyRefused(): HttpError {
  return unauthorized(
    "An API key is not an access token: sign in and send the user's access token.",
  );
}

function unauthorized(message: string): HttpError {
  return new HttpError("unauthorized", {
    message,
    headers: { "www-authenticate": "Bearer" },
  });
}

/** Admits only signed-in users with requests left, and puts their claims into the context. */
export function requireUser(
  authenticate: Authenticate,
): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const claims = await authenticate(c.req.header("authorization"));
    c.set("claims", claims);
    await c.get("admit")?.(claims);
    await next();
  };
}
