import type { Sql } from "../_shared/database.ts";
import { hmacHex } from "../_shared/signature.ts";
import { type RateLimitRow, type RateLimitState, toRateLimit } from "./rate_limit.ts";

/** A sign-in before Auth has checked the password. */
export interface BegunSignIn {
  rateLimit: RateLimitState;
  email: string;
  /** Null if there is no such account. */
  userId: string | null;
  signInNo: string | null;
}

/** Auth's result; `unknown` if Auth did not answer. */
export type PasswordOutcome = "right" | "wrong" | "unknown";

/** Counts wrong passwords per account, for all callers together. */
export interface SignIns {
  begin(email: string): Promise<BegunSignIn>;
  end(begun: BegunSignIn, outcome: PasswordOutcome): Promise<void>;
}

type BegunRow = RateLimitRow & {
  user_id: string | null;
  sign_in_no: string | null;
};

/** @param secret keys the digests of e-mail addresses, so that a leaked digest reveals no address */
export function createSignIns(sql: Sql, secret: string): SignIns {
  const digestOf = (email: string) => hmacHex(secret, `email:${email.toLowerCase()}`);
  return {
    async begin(email) {
      const [row] = await sql<BegunRow[]>`
        select * from pipeline_internal.begin_sign_in(${email}::text, ${digestOf(email)}::text)`;
      return {
        rateLimit: toRateLimit(row),
        email,
        userId: row.user_id,
        signInNo: row.sign_in_no,
      };
    },

    async end({ email, userId, signInNo }, outcome) {
      await sql`
        select pipeline_internal.end_sign_in(
          ${userId}::uuid, ${signInNo}::bigint, ${digestOf(email)}::text, ${outcome}::text)`;
    },
  };
}
