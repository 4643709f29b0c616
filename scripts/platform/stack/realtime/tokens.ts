import {
  compactVerify,
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JSONWebKeySet,
  type JWTPayload,
} from "jose";

/** A valid token's claims. */
export interface Claims extends JWTPayload {
  role: string;
  /** In whole seconds since the epoch. */
  exp: number;
}

/** Why a token is refused, in the real server's words. */
export class TokenRefused extends Error {
  /** @param code as its errors begin, and its log names them */
  constructor(readonly code: string, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

export interface TokenKeys {
  /** Undefined where tokens are signed with a key pair alone. */
  secret?: string;
  published: JSONWebKeySet;
}

const SHARED = /^HS(256|384|512)$/;
const OWN = /^(RS|ES)(256|384|512)$/;

/**
 * Verifies a token's signature, its role and its expiry.
 * @throws {TokenRefused}
 */
export async function verifyToken(token: string, keys: TokenKeys): Promise<Claims> {
  const claims = await verifySignature(token, keys);
  const now = Math.floor(Date.now() / 1000);
  if (claims.exp !== undefined && claims.exp <= now) {
    throw new TokenRefused("InvalidJWTToken", `Token has expired ${now - Math.floor(claims.exp)} seconds ago`);
  }
  if (typeof claims.role !== "string" || claims.exp === undefined) {
    throw new TokenRefused("InvalidJWTToken", "Fields `role` and `exp` are required in JWT");
  }
  return { ...claims, role: claims.role, exp: Math.floor(claims.exp) };
}

async function verifySignature(token: string, { secret, published }: TokenKeys): Promise<JWTPayload> {
  const alg = readHeader(token).alg ?? "";
  // jwtVerify would check times too, but does not say how long ago a token has expired.
  try {
    if (SHARED.test(alg) && secret !== undefined) {
      await compactVerify(token, new TextEncoder().encode(secret), { algorithms: [alg] });
      return decodeJwt(token);
    }
    if (OWN.test(alg) && published.keys.length > 0) {
      await compactVerify(token, createLocalJWKSet(published), { algorithms: [alg] });
      return decodeJwt(token);
    }
  } catch (error) {
    if (error instanceof errors.JWSSignatureVerificationFailed) {
      throw new TokenRefused("JwtSignatureError", "Failed to validate JWT signature", { cause: error });
    }
    if (error instanceof errors.JWKSNoMatchingKey) throw noSigner(error);
    if (error instanceof errors.JOSEError) throw malformed(error);
    throw error;
  }
  throw noSigner();
}

function readHeader(token: string) {
  try {
    decodeJwt(token);
    return decodeProtectedHeader(token);
  } catch (error) {
    throw malformed(error);
  }
}

function malformed(cause: unknown): TokenRefused {
  return new TokenRefused("MalformedJWT", "The token provided is not a valid JWT", { cause });
}

function noSigner(cause?: unknown): TokenRefused {
  const message = "Failed to generate JWT signer, check your JWT secret or JWKS configuration";
  return new TokenRefused("JwtSignerError", message, { cause });
}
