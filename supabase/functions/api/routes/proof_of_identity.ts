import { z } from "zod";
import type { AppContext } from "../../_shared/app_context.ts";
import { retryAfterHeader } from "../../_shared/error_answer.ts";
import { HttpError } from "../../_shared/errors.ts";
import { validationFailed } from "../../_shared/validation.ts";
import type { ApiDeps } from "../deps.ts";
import { bearerToken, signIn } from "./auth.ts";

/** How long after a sign-in its token proves identity, for an account without a password. */
export const RECENT_SECONDS = 600;

/** How a session began, as Auth writes it into each of its tokens. */
const methods = z.array(
  z.object({ method: z.string(), timestamp: z.number() }),
).catch([]);
/** Methods that are no sign-in by a person. */
const NO_SIGN_IN = ["token_refresh", "anonymous"];

/**
 * Deleting an account requires more than a token, which may be stolen, and more than a password that a thief may just
 * have set. A user without a password (signed up with a provider or a mailed link) signs in again.
 * @param given the password, if one was sent
 * @throws {HttpError} 403: `mfa_required`: a second factor is required, and the session has none; `wrong_password`;
 * `password_changed_recently`: less than a day ago; `sign_in_required`: there is no password, and the sign-in is not
 * recent. 422: there is a password, and none was sent
 */
export async function proveIdentity(
  c: AppContext,
  deps: Pick<ApiDeps, "accounts" | "audit" | "queries" | "signIns">,
  given: string | undefined,
): Promise<void> {
  const { sub, aal, amr } = c.var.claims;
  // The token of a session that has ended is still valid, but proves no identity.
  const { email } = await deps.accounts.user(bearerToken(c));
  const required = await deps.queries.requiredProof(sub);
  if (required.secondFactor && aal !== "aal2") throw mfaRequired();
  if (!required.password) {
    if (isRecent(amr)) return;
    throw signInRequired();
  }
  if (given === undefined) {
    throw validationFailed({
      issues: [{
        path: ["password"],
        message: "this account's password is required",
      }],
    });
  }
  await provePassword(c, deps, email, given);
}

function isRecent(amr: unknown): boolean {
  const oldest = Date.now() / 1000 - RECENT_SECONDS;
  return methods.parse(amr).some(({ method, timestamp }) => !NO_SIGN_IN.includes(method) && timestamp >= oldest);
}

async function provePassword(
  c: AppContext,
  deps: Parameters<typeof proveIdentity>[1],
  email: string | undefined,
  given: string,
): Promise<void> {
  const { sub } = c.var.claims;
  const wrong = new HttpError("wrong_password");
  if (!email) throw wrong;
  try {
    const { user } = await signIn(c, deps, email, given);
    // The address may have passed to another user in between.
    if (user.id !== sub) throw wrong;
  } catch (error) {
    const refused = error instanceof HttpError &&
      error.code === "invalid_credentials";
    throw refused ? wrong : error;
  }
  const provesFrom = await deps.queries.passwordTrustedFrom(sub);
  if (provesFrom) throw changedRecently(provesFrom);
}

function changedRecently(provesFrom: Date): HttpError {
  const seconds = Math.ceil((provesFrom.getTime() - Date.now()) / 1000);
  return new HttpError("password_changed_recently", {
    message: "The password was changed less than a day ago. The account was not deleted; retry when the day is over.",
    details: { possible_from: provesFrom.toISOString() },
    headers: retryAfterHeader(Math.max(1, seconds)),
  });
}

function mfaRequired(): HttpError {
  return new HttpError("mfa_required", {
    message:
      "A second factor is required. Verify one with Auth, and send the new access token. The account was not deleted.",
  });
}

function signInRequired(): HttpError {
  return new HttpError("sign_in_required", {
    message: `The account has no password. Sign in again, and send the new access token within ${
      RECENT_SECONDS / 60
    } minutes. The account was not deleted.`,
  });
}
