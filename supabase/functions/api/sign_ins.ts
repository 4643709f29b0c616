import type { Sql } from "../_shared/database.ts";
import { hmacHex } from "../_shared/signature.ts";
import {
  type RateLimitRow,
  type RateLimitState,
  toRateLimit,
} from "./rate_limit.ts";

/** A password that is about to be shown to Auth. */
export interface BegunSignIn {
  rateLimit: RateLimitState;
  email: string;
  /** Null if there is no such account. */
  userId: string | null;
  signInNo: string | null;
}

/** What Auth said of the password; `unknown` if it said nothing. */
export type PasswordOutcome = "right" | "wrong" | "unknown";

/** Counts wrong passwords by the account that they are for, whoever shows them. */
export interface SignIns {
  begin(email: string): Promise<BegunSignIn>;
  end(begun: BegunSignIn, outcome: PasswordOutcome): Promise<void>;
}

type BegunRow = RateLimitRow & {
  user_id: string | null;
  sign_in_no: string | null;
};

/** @param secret makes digests of e-mail addresses, which are not kept otherwise, useless to whoever finds them */
export function createSignIns(sql: Sql, secret: string): SignIns {
  const digestOf = (email: string) =>
    hmacHex(secret, `email:${email.toLowerCase()}`);
  return {
    async begin(email) {
      const [row] = await sql<BegunRow[]>`
        select * from pipeline_internal.begin_sign_in(${email}::text, ${
        digestOf(email)
      }::text)`;
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
          ${userId}::uuid, ${signInNo}::bigint, ${
        digestOf(email)
      }::text, ${outcome}::text)`;
    },
  };
}
