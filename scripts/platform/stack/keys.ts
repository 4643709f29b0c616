import { SignJWT } from "jose";

/**
 * Keys of the local stack. They are the same on every machine and protect nothing: the stack listens on the loopback
 * address only and holds development data. Never use any of them for a project that others can reach.
 */
export const LOCAL_KEYS = {
  /** Signs users' access tokens (HS256). */
  jwtSecret: "local-stack-jwt-secret-that-protects-nothing-0000",
  publishableKey: "sb_publishable_local_stack_protects_nothing",
  secretKey: "sb_secret_local_stack_protects_nothing",
  /** The database sends it when it wakes a worker. */
  workerSecret: "local-stack-worker-secret-protects-nothing",
  /** Prometheus sends it to read the metrics. */
  metricsSecret: "local-stack-metrics-secret-protects-nothing",
  /** Signs and verifies the parser's callbacks. */
  webhookSigningSecret: "local-stack-webhook-secret-protects-nothing",
  /** Lets the Supabase CLI set the functions' secrets. The CLI wants 40 hexadecimal digits. */
  managementToken: `sbp_${"0".repeat(40)}`,
} as const;

/** The operator of the local stack: the commands of `npm run pipeline` act as this user, who has that role in the console. */
export const LOCAL_OPERATOR = {
  email: "operator@example.com",
  password: "local-operator-1-protects-nothing",
} as const;

/** 1 January 2025, in seconds since the epoch. */
const ISSUED_AT = 1_735_689_600;
/** Ten years, in seconds. */
const LIFETIME = 315_360_000;

/**
 * A legacy key: a JWT that names its role. Its times are fixed, so that it is the same at every start. `ref`, a
 * project's reference on hosted, is missing.
 */
export function legacyKey(role: "anon" | "service_role"): Promise<string> {
  return new SignJWT({ role })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setIssuer("supabase-demo")
    .setIssuedAt(ISSUED_AT)
    .setExpirationTime(ISSUED_AT + LIFETIME)
    .sign(new TextEncoder().encode(LOCAL_KEYS.jwtSecret));
}
