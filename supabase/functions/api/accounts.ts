import {
  type AuthError,
  createClient,
  isAuthWeakPasswordError,
  type Session,
  type User,
} from "@supabase/supabase-js";
import { withoutRedirects } from "../_providers/outbound.ts";
import { retryAfterHeader } from "../_shared/error_answer.ts";
import { HttpError } from "../_shared/errors.ts";

/** What a successful sign-in gives, in the field names of OAuth; `expires_in` in seconds. */
export interface SignedIn {
  access_token: string;
  refresh_token: string;
  token_type: string;
  expires_in: number;
  user: User;
}

export interface NewAccount {
  email: string;
  password: string;
  /** Kept in the user's metadata: the name, and to which version of the terms they consented and when (ISO 8601). */
  metadata: {
    name?: string;
    consent_version: string;
    consent_timestamp: string;
  };
}

/**
 * The project's users, as Supabase Auth keeps them. Every method throws `HttpError` with the contract's codes. Auth counts
 * attempts by network address, so it is told the one that the request came from (`forwardableAddress`), where that is known.
 */
export interface Accounts {
  signIn(
    email: string,
    password: string,
    address: string | null,
  ): Promise<SignedIn>;
  /** Without a session when the address must be confirmed first. */
  signUp(
    account: NewAccount,
    address: string | null,
  ): Promise<{ user: User; session?: SignedIn }>;
  refresh(refreshToken: string, address: string | null): Promise<SignedIn>;
  user(accessToken: string): Promise<User>;
  /** Deletes the user with all that is theirs. One who is gone already is no fault. */
  remove(userId: string): Promise<void>;
}

/** Auth counts as unreachable by then. */
const CALL_TIMEOUT_MS = 10_000;

/** Auth does not say how long its rate limits last; its shortest window is a minute. */
const RATE_LIMIT_SECONDS = 60;

/** Each call has a client of its own, so that no session is ever carried from one user to another. */
export function createAccounts(
  { supabaseUrl, anonKey, serviceRoleKey, secretKey }: {
    supabaseUrl: string;
    anonKey: string;
    /** Deletes users, and is used for nothing else. */
    serviceRoleKey: string;
    /** Has Auth believe whose address it is told; of the older kinds of key Auth takes none for that. */
    secretKey?: string;
  },
): Accounts {
  const fetch = withoutRedirects();
  function auth(key = anonKey, headers: Record<string, string> = {}) {
    const deadline = AbortSignal.timeout(CALL_TIMEOUT_MS);
    return createClient(supabaseUrl, key, {
      auth: {
        persistSession: false,
        autoRefreshToken: false,
        detectSessionInUrl: false,
      },
      global: {
        headers,
        fetch: (input, init) => fetch(input, { ...init, signal: deadline }),
      },
    }).auth;
  }

  /**
   * Auth as it is asked for somebody at this address. The secret key opens nothing more: what the request may do goes by
   * `authorization`, which stays the public key's, so that a captcha that the project asks for is still asked for.
   */
  function authFor(address: string | null) {
    if (!address || !secretKey?.startsWith("sb_secret_")) return auth();
    return auth(anonKey, {
      apikey: secretKey,
      // The gateway takes a key that is no token in this header only if it is the same as `apikey`.
      Authorization: `Bearer ${isToken(anonKey) ? anonKey : secretKey}`,
      "sb-forwarded-for": address,
    });
  }

  return {
    async signIn(email, password, address) {
      const { data, error } = await authFor(address).signInWithPassword({
        email,
        password,
      });
      if (error) throw asHttpError(error);
      return signedIn(data.session);
    },

    async signUp({ email, password, metadata }, address) {
      const { data, error } = await authFor(address).signUp({
        email,
        password,
        options: { data: metadata },
      });
      if (error) throw asHttpError(error);
      const { user, session } = data;
      if (!user) throw new Error("Auth signed up nobody and gave no reason");
      return session ? { user, session: signedIn(session) } : { user };
    },

    async refresh(refreshToken, address) {
      // supabase-js tries a refresh again for half a minute; nobody waits that long for an answer.
      const { data, error } = await beforeDeadline(
        authFor(address).refreshSession({ refresh_token: refreshToken }),
      );
      if (error?.code === "validation_failed") throw invalidRefreshToken();
      if (error) throw asHttpError(error);
      if (!data.session) throw new Error("Auth refreshed without a session");
      return signedIn(data.session);
    },

    async user(accessToken) {
      const { data, error } = await auth().getUser(accessToken);
      if (error) throw asHttpError(error);
      return data.user;
    },

    async remove(userId) {
      const { error } = await auth(serviceRoleKey).admin.deleteUser(userId);
      if (error && error.code !== "user_not_found") throw asHttpError(error);
    },
  };
}

/** Whether the key is one of the older kind, a JWT that names a role. */
function isToken(key: string): boolean {
  return key.split(".").length === 3;
}

function signedIn(session: Session): SignedIn {
  const { access_token, refresh_token, token_type, expires_in, user } = session;
  return { access_token, refresh_token, token_type, expires_in, user };
}

/** @throws {HttpError} 503 `auth_unavailable` if the call has not ended in time */
async function beforeDeadline<T>(call: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(authUnavailable()), CALL_TIMEOUT_MS);
  });
  try {
    return await Promise.race([call, deadline]);
  } finally {
    clearTimeout(timer);
  }
}

/** Auth's error codes: https://supabase.com/docs/guides/auth/debugging/error-codes */
export function asHttpError(error: AuthError): HttpError {
  if (isAuthWeakPasswordError(error)) {
    return new HttpError(422, "weak_password", error.message, {
      details: { reasons: error.reasons },
    });
  }
  switch (error.code) {
    case "invalid_credentials":
      return unauthorized(
        "invalid_credentials",
        "The email address or the password is wrong.",
      );
    case "email_not_confirmed":
      return unauthorized(
        "email_not_confirmed",
        "Confirm your email address first: follow the link that was sent to it.",
      );
    case "refresh_token_not_found":
    case "refresh_token_already_used":
    case "session_expired":
      return invalidRefreshToken();
    case "user_already_exists":
    case "email_exists":
      return new HttpError(
        409,
        "email_taken",
        "There is already an account with this email address.",
      );
    case "user_banned":
      return new HttpError(403, "user_banned", "This account is suspended.");
    case "signup_disabled":
    case "email_provider_disabled":
      return new HttpError(
        403,
        "signup_disabled",
        "This project takes no sign-ups.",
      );
    case "validation_failed":
    case "email_address_invalid":
      return new HttpError(422, "validation_failed", error.message);
  }
  // The latter is of a user who was deleted.
  if (
    error.name === "AuthSessionMissingError" || error.code === "user_not_found"
  ) {
    return unauthorized(
      "session_ended",
      "The session has ended. Sign in again.",
    );
  }
  if (error.status === 429) {
    return new HttpError(
      429,
      "rate_limited",
      "Too many attempts. Try again later.",
      { headers: retryAfterHeader(RATE_LIMIT_SECONDS), cause: error },
    );
  }
  if (error.status !== undefined && error.status >= 400 && error.status < 500) {
    return new HttpError(400, "auth_rejected", error.message, { cause: error });
  }
  return authUnavailable(error);
}

function authUnavailable(cause?: AuthError): HttpError {
  return new HttpError(
    503,
    "auth_unavailable",
    "Sign-in does not answer just now. Try again soon.",
    { cause, headers: retryAfterHeader(5) },
  );
}

function invalidRefreshToken(): HttpError {
  return unauthorized(
    "invalid_refresh_token",
    "The refresh token is not valid, or its session has ended. Sign in again.",
  );
}

function unauthorized(code: string, message: string): HttpError {
  return new HttpError(401, code, message);
}
