import type postgres from "postgres";
import type { AppContext } from "../_shared/app_context.ts";
import type { Pool } from "../_shared/database.ts";
import { isDatabaseUnavailable, retryAfterHeader } from "../_shared/error_answer.ts";
import { HttpError } from "../_shared/errors.ts";
import { sha256Hex } from "../_shared/hash.ts";
import { validationFailed } from "../_shared/validation.ts";

/** The outcome of claiming a key; the request that claimed it must keep an answer for it, or release it. */
export type KeyClaim =
  | { outcome: "claimed" | "reused" }
  /** The first request is running, or it died: the key is free after so many seconds. */
  | { outcome: "in_use"; free_in_seconds: number }
  | { outcome: "answered"; answer: unknown };

/** Keeps the answers to users' requests for a day, by the key that each request carried. */
export interface IdempotencyKeys {
  claim(userId: string, key: string, requestSha256: string): Promise<KeyClaim>;
  /** A claim that is not prolonged ends soon. */
  prolong(userId: string, key: string): Promise<void>;
  keep(userId: string, key: string, answer: unknown): Promise<void>;
  release(userId: string, key: string): Promise<void>;
}

export function createIdempotencyKeys(sql: Pool): IdempotencyKeys {
  // Claiming precedes the request's writes; the other statements belong to a request that has begun.
  const sqlOfBeginning = sql.at("bulk");
  return {
    async claim(userId, key, requestSha256) {
      const [row] = await sqlOfBeginning<KeyClaim[]>`
        select outcome, answer, free_in_seconds
        from pipeline_internal.claim_key(${userId}::uuid, ${key}::text, ${requestSha256}::text)`;
      return row;
    },

    async prolong(userId, key) {
      await sql`select pipeline_internal.extend_key(${userId}::uuid, ${key}::text)`;
    },

    async keep(userId, key, answer) {
      await sql`
        select pipeline_internal.store_answer(
          ${userId}::uuid, ${key}::text, ${sql.json(answer as postgres.JSONValue)})`;
    },

    async release(userId, key) {
      await sql`select pipeline_internal.release_key(${userId}::uuid, ${key}::text)`;
    },
  };
}

/** A third of a claim's duration. */
const PROLONGED_EVERY_MS = 5_000;

/**
 * Answers a request in JSON; a request with an `Idempotency-Key` takes effect only once, and its repetitions get the
 * first answer. A refused request changes nothing, so its key is free for another try.
 * @param status of the response, the first or a repeated one
 * @param request what the key stands for: the same in every repetition, different in every other request
 * @throws {HttpError} 409 `idempotency_key_in_use` while the first request is running, 422 `idempotency_key_reused` if
 * the key came with another request before, 422 `validation_failed` if the key is malformed
 */
export async function answerOnce(
  c: AppContext,
  keys: IdempotencyKeys,
  request: unknown,
  run: () => Promise<Record<string, unknown>>,
  status: 200 | 202 = 200,
): Promise<Response> {
  const key = idempotencyKey(c);
  if (key === null) return c.json(await run(), status);

  const userId = c.var.claims.sub;
  const claim = await keys.claim(
    userId,
    key,
    await sha256Hex(JSON.stringify([c.req.method, c.req.path, request])),
  );
  switch (claim.outcome) {
    case "in_use":
      throw new HttpError("idempotency_key_in_use", {
        headers: retryAfterHeader(claim.free_in_seconds),
      });
    case "reused":
      throw new HttpError("idempotency_key_reused");
    case "answered":
      c.header("idempotency-replayed", "true");
      return c.json(claim.answer as Record<string, unknown>, status);
  }

  let answer: Record<string, unknown>;
  const prolonging = setInterval(() => {
    keys.prolong(userId, key).catch((error) => c.var.log.error("idempotency key not prolonged", { error }));
  }, PROLONGED_EVERY_MS);
  try {
    answer = await run();
  } catch (error) {
    const released = release(c, keys, userId, key);
    // An unavailable database would make the caller wait for a second time-out.
    if (!isDatabaseUnavailable(error)) await released;
    throw error;
  } finally {
    clearInterval(prolonging);
  }
  await keys.keep(userId, key, answer);
  return c.json(answer, status);
}

/** A key that cannot be released becomes free when its claim ends; the original error matters more. */
async function release(
  c: AppContext,
  keys: IdempotencyKeys,
  userId: string,
  key: string,
): Promise<void> {
  try {
    await keys.release(userId, key);
  } catch (error) {
    c.var.log.error("idempotency key not released", { error });
  }
}

/**
 * https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-idempotency-key-header-07
 */
function idempotencyKey(c: AppContext): string | null {
  const key = c.req.header("idempotency-key");
  if (key === undefined) return null;
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return key;
  throw validationFailed({
    issues: [{
      path: ["Idempotency-Key"],
      message: "must have 1 to 255 printable ASCII characters and no spaces",
    }],
  });
}
