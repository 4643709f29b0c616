import { type JWTPayload, SignJWT } from "jose";

export const ANN = "766e8693-7fd5-465e-9ee4-4a9b3a696480";
export const BEN = "0f1e2d3c-4b5a-4978-8c6d-5e4f3a2b1c0d";

/** The keys of a part of the stack that a test starts alone. */
export const KEYS = {
  jwtSecret: "a-secret-of-the-tests-with-32-characters",
  secretKey: "sb_secret_of_the_tests",
  publishableKey: "sb_publishable_of_the_tests",
};

/** A token as Supabase Auth signs it, valid for an hour, with these claims in place of its own. */
export function tokenOf(userId: string, claims: JWTPayload = {}): Promise<string> {
  const exp = Math.floor(Date.now() / 1000) + 3600;
  return new SignJWT({ sub: userId, role: "authenticated", aud: "authenticated", exp, ...claims })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .sign(new TextEncoder().encode(KEYS.jwtSecret));
}
