import { isIP } from "node:net";

/** The address that Auth assumes for a caller without a known one. No caller has it, so it is easy to recognise. */
const UNTOLD = "192.0.2.1";

/**
 * The address that Auth assumes for a request. Hosted trusts `Sb-Forwarded-For` only beside a secret key
 * (`sb_secret_…`) and only in projects that have it switched on; Auth reads its first entry if that is an address.
 * @see https://supabase.com/docs/guides/auth/rate-limits#ip-address-forwarding
 */
export function addressOf(headers: Headers, secretKey: string): string {
  if (headers.get("apikey") !== secretKey) return UNTOLD;
  const first = headers.get("sb-forwarded-for")?.split(",")[0].trim() ?? "";
  return isIP(first) ? first : UNTOLD;
}

/** Hosted's defaults by kind of attempt: the burst from one address, and the refill per second. */
const BURST = 30;
const REFILL_PER_SECOND = { token: 150 / 300, signup: 30 / 300 };
export type Attempt = keyof typeof REFILL_PER_SECOND;

/**
 * The kind of attempt that Auth counts by address: signing in and refreshing share one kind, signing up is the other.
 */
export function attemptOf({ method, url }: Request): Attempt | undefined {
  if (method !== "POST") return undefined;
  const { pathname } = new URL(url);
  if (pathname === "/auth/v1/token") return "token";
  return pathname === "/auth/v1/signup" ? "signup" : undefined;
}

/** Auth's buckets, one for each address and kind of attempt. */
export class AddressLimits {
  readonly #buckets = new Map<string, { level: number; filledAt: number }>();

  /** @param now in milliseconds */
  constructor(private readonly now: () => number = Date.now) {}

  /**
   * The refusal for an address that has used up its attempts, else undefined.
   */
  refusal(attempt: Attempt, address: string): Response | undefined {
    const now = this.now();
    const key = `${attempt} ${address}`;
    const bucket = this.#buckets.get(key) ?? { level: BURST, filledAt: now };
    const refilled = (now - bucket.filledAt) / 1000 *
      REFILL_PER_SECOND[attempt];
    const level = Math.min(BURST, bucket.level + refilled);
    const allowed = level >= 1;
    this.#buckets.set(key, {
      level: allowed ? level - 1 : level,
      filledAt: now,
    });
    if (allowed) return undefined;
    return Response.json({
      code: 429,
      error_code: "over_request_rate_limit",
      msg: "Request rate limit reached",
    }, { status: 429 });
  }
}
