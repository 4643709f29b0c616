import { errors, type JWTPayload, jwtVerify } from "jose";
import { accessDenied, missingProperty } from "./faults.ts";
import { tokenKey } from "./token_key.ts";

const ROLES = ["anon", "authenticated", "service_role"] as const;
type Role = (typeof ROLES)[number];

/** The caller: the database role that row-level security sees, and the claims that policies read. */
export interface Caller {
  role: Role;
  userId?: string;
  claims: JWTPayload;
}

/** Storage itself, which completes what a caller was allowed to start. */
export const SERVICE: Caller = {
  role: "service_role",
  claims: { role: "service_role" },
};

const ANONYMOUS: Caller = { role: "anon", claims: { role: "anon" } };

export interface Keys {
  jwtSecret: string;
  /**
   * The legacy JWT key of `service_role`. The functions send it with each request, so it is compared instead of
   * verified.
   */
  serviceRoleKey?: string;
  secretKey: string;
  publishableKey: string;
}

/** Throws `InvalidRequest` without a credential, `AccessDenied` for one that is unknown, forged or expired. */
export type CallerReader = (headers: Headers) => Promise<Caller>;

/** The caller's credential; undefined without one. */
export function credentialOf(headers: Headers): string | undefined {
  const bearer = headers.get("authorization")?.replace(/^bearer\s+/i, "");
  return bearer || headers.get("apikey") || undefined;
}

/**
 * Reads the caller from `authorization`, else from `apikey`: a user's token, a legacy JWT key, or an `sb_…` key. A
 * signed-in user's token counts even beside a secret `apikey`, as at the hosted gateway.
 */
export function createCallerReader(keys: Keys): CallerReader {
  const key = tokenKey(keys.jwtSecret);

  return async (headers) => {
    const credential = credentialOf(headers);
    if (!credential) throw missingProperty("headers", "authorization");

    if (credential === keys.secretKey || credential === keys.serviceRoleKey) {
      return SERVICE;
    }
    if (credential === keys.publishableKey) return ANONYMOUS;
    if (credential.startsWith("sb_")) throw accessDenied("Invalid API key");

    const claims = await verify(credential, await key);
    const role = ROLES.find((known) => known === claims.role);
    if (!role) throw accessDenied("the token names no known role");
    return { role, userId: claims.sub, claims };
  };
}

async function verify(token: string, key: CryptoKey): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, key, { algorithms: ["HS256"] })).payload;
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error;
    throw accessDenied(error.message, error);
  }
}
