import { isIP } from "node:net";

/** Where Auth takes those to come from of whom it is told nothing: an address that nobody has, so that one sees it. */
const UNTOLD = "192.0.2.1";

/**
 * The address that Auth takes a request to come from. Of whoever shows a secret key (`sb_secret_…`), and of nobody else,
 * hosted believes `Sb-Forwarded-For`, once a project has that switched on; Auth reads its first entry, if that is an address.
 * @see https://supabase.com/docs/guides/auth/rate-limits#ip-address-forwarding
 */
export function addressOf(headers: Headers, secretKey: string): string {
  if (headers.get("apikey") !== secretKey) return UNTOLD;
  const first = headers.get("sb-forwarded-for")?.split(",")[0].trim() ?? "";
  return isIP(first) ? first : UNTOLD;
}

/** Hosted's defaults: a burst from one address, and how many a second it gets back, by what is attempted. */
const BURST = 30;
const REFILL_PER_SECOND = { token: 150 / 300, signup: 30 / 300 };
export type Attempt = keyof typeof REFILL_PER_SECOND;

/** What a request attempts that Auth counts by address: signing in and refreshing are one, signing up is another. */
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

  /** The answer to who has attempted too much, else nothing. */
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
