import { Hono } from "hono";
import { z } from "zod";
import type { AppContext, AppEnv } from "../../_shared/app_context.ts";
import { originOf, recordWithoutFailing } from "../../_shared/audit.ts";
import { forwardableAddress } from "../../_shared/client_address.ts";
import { HttpError } from "../../_shared/errors.ts";
import { fields } from "../../_shared/fields.ts";
import { jsonBody, limitJsonBody } from "../../_shared/validation.ts";
import type { SignedIn } from "../accounts.ts";
import { requireUser } from "../auth.ts";
import type { ApiDeps } from "../deps.ts";
import * as operations from "../openapi/account_operations.ts";
import { describe } from "../openapi/operation.ts";
import { admit } from "../rate_limit.ts";

const email = z.string().trim().pipe(z.email().max(254));
// Auth checks a password's strength; this only bounds the length that is passed on.
export const password = z.string().min(1).max(1024);

/** A text that Auth stores in its database, which accepts neither NUL nor a lone surrogate. */
function line(longest: number) {
  return z.string().trim().min(1).max(longest)
    .refine((text) => !text.includes("\0"), "must not contain NUL")
    .transform((text) => text.toWellFormed());
}

/** The application's name of a version of its terms. */
export const consentVersion = line(64);

const loginRequest = fields({ email, password });

const signupRequest = fields({
  email,
  password,
  consent_version: consentVersion,
  consent_timestamp: z.iso.datetime({ offset: true }),
  name: line(200).optional(),
});

const refreshRequest = fields({
  refresh_token: z.string().regex(
    /^[\x21-\x7e]{1,4096}$/,
    "must be an unchanged refresh token",
  ),
});

export type SignInDeps = Pick<ApiDeps, "accounts" | "audit" | "signIns">;

/**
 * Signs in, counts a wrong password against the account, and records the failed sign-in.
 * @throws {HttpError} 429 `rate_limited` after too many wrong passwords for this account, from all callers together
 */
export async function signIn(
  c: AppContext,
  { accounts, audit, signIns }: SignInDeps,
  email: string,
  password: string,
): Promise<SignedIn> {
  const begun = await signIns.begin(email);
  // An attempt that is refused before Auth is asked is counted, and not recorded: there could be any number.
  if (!begun.rateLimit.allowed) admit(c, begun.rateLimit);
  try {
    const address = forwardableAddress(c.var.address);
    const signedIn = await accounts.signIn(email, password, address);
    await recordWithoutFailing(c, signIns.end(begun, "right"));
    return signedIn;
  } catch (error) {
    const code = error instanceof HttpError ? error.code : "";
    const outcome = code === "invalid_credentials" ? "wrong" : "unknown";
    await recordWithoutFailing(c, signIns.end(begun, outcome));
    if (error instanceof HttpError && error.status < 500) {
      await recordWithoutFailing(
        c,
        audit.recordFailedSignIn(email, code, originOf(c)),
      );
    }
    throw error;
  }
}

/** The token that `requireUser` has verified. */
export function bearerToken(c: AppContext): string {
  return c.req.header("authorization")!.split(/ +/)[1];
}

/** Sign-up and sign-in through Supabase Auth. Passwords are passed on and not stored. */
export function authRoutes(
  { accounts, audit, authenticate, signIns }:
    & SignInDeps
    & Pick<ApiDeps, "authenticate">,
): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();

  routes.post(
    "/auth/login",
    describe(operations.logIn),
    limitJsonBody(),
    jsonBody(loginRequest),
    async (c) => {
      const { email, password } = c.req.valid("json");
      return c.json(
        await signIn(c, { accounts, audit, signIns }, email, password),
      );
    },
  );

  routes.post(
    "/auth/signup",
    describe(operations.signUp),
    limitJsonBody(),
    jsonBody(signupRequest),
    async (c) => {
      const { email, password, ...metadata } = c.req.valid("json");
      const { user, session } = await accounts.signUp(
        { email, password, metadata },
        forwardableAddress(c.var.address),
      );
      await recordWithoutFailing(
        c,
        audit.recordSignUp(user.id, metadata.consent_version, originOf(c)),
      );
      return c.json({ ...session, user, confirmation_required: !session }, 201);
    },
  );

  routes.post(
    "/auth/refresh",
    describe(operations.refreshSession),
    limitJsonBody(),
    jsonBody(refreshRequest),
    async (c) => {
      const { refresh_token } = c.req.valid("json");
      const address = forwardableAddress(c.var.address);
      return c.json(await accounts.refresh(refresh_token, address));
    },
  );

  routes.get(
    "/auth/user",
    describe(operations.currentUser),
    requireUser(authenticate),
    async (c) => {
      return c.json({ user: await accounts.user(bearerToken(c)) });
    },
  );

  return routes;
}
