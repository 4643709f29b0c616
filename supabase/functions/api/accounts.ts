import { type AuthError, createClient, isAuthWeakPasswordError, type Session, type User } from "@supabase/supabase-js";
import { withoutRedirects } from "../_providers/outbound.ts";
import { retryAfterHeader } from "../_shared/error_answer.ts";
import { HttpError } from "../_shared/errors.ts";

/** A session, in the field names of OAuth; `expires_in` in seconds. */
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
  /** Stored in the user's metadata: the name, and the version of the terms the user agreed to and when (ISO 8601). */
  metadata: {
    name?: string;
    consent_version: string;
    consent_timestamp: string;
  };
}

/**
 * The project's users, as Supabase Auth keeps them. Every method throws `HttpError` with the contract's codes. Auth
 * counts attempts by network address, so each method passes on the one that the request came from
 * (`forwardableAddress`), if known.
 */
export interface Accounts {
  signIn(
    email: string,
    password: string,
    address: string | null,
  ): Promise<SignedIn>;
  /** Without a session if the address must be confirmed first. */
  signUp(
    account: NewAccount,
    address: string | null,
  ): Promise<{ user: User; session?: SignedIn }>;
  refresh(refreshToken: string, address: string | null): Promise<SignedIn>;
  user(accessToken: string): Promise<User>;
  /** Deletes the user and everything that belongs to the user. Succeeds if the user no longer exists. */
  remove(userId: string): Promise<void>;
}

/** Time-out of a call to Auth. */
const CALL_TIMEOUT_MS = 10_000;

/** Auth does not say how long its rate limits last; its shortest window is a minute. */
const RATE_LIMIT_SECONDS = 60;

/** Each call has its own client, so that no session carries over from one user to another. */
export function createAccounts(
  { supabaseUrl, anonKey, serviceRoleKey, secretKey }: {
    supabaseUrl: string;
    anonKey: string;
    /** Used only to delete users. */
    serviceRoleKey: string;
    /** Makes Auth trust the forwarded address; Auth accepts none with the older kind of key. */
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
   * A client of Auth for a caller at this address. The secret key grants nothing more: `authorization` decides what the
   * request may do and stays the public key's, so that a captcha that the project requires is still required.
   */
  function authFor(address: string | null) {
    if (!address || !secretKey?.startsWith("sb_secret_")) return auth();
    return auth(anonKey, {
      apikey: secretKey,
      // The gateway accepts a key that is no token in this header only if it equals `apikey`.
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
      if (!user) throw new Error("Auth returned neither a user nor an error");
      return session ? { user, session: signedIn(session) } : { user };
    },

    async refresh(refreshToken, address) {
      // supabase-js retries a refresh for half a minute, longer than any caller waits.
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

/** Whether the key is of the older kind, a JWT that names a role. */
function isToken(key: string): boolean {
  return key.split(".").length === 3;
}

function signedIn(session: Session): SignedIn {
  const { access_token, refresh_token, token_type, expires_in, user } = session;
  return { access_token, refresh_token, token_type, expires_in, user };
}

/**
 * @throws {HttpError} 503 `auth_unavailable` if the call does not end in time
 */
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
    return new HttpError("weak_password", {
      message: error.message,
      details: { reasons: error.reasons },
    });
  }
  switch (error.code) {
    case "invalid_credentials":
      return new HttpError("invalid_credentials");
    case "email_not_confirmed":
      return new HttpError("email_not_confirmed");
    case "refresh_token_not_found":
    case "refresh_token_already_used":
    case "session_expired":
      return invalidRefreshToken();
    case "user_already_exists":
    case "email_exists":
      return new HttpError("email_taken");
    case "user_banned":
      return new HttpError("user_banned");
    case "signup_disabled":
    case "email_provider_disabled":
      return new HttpError("signup_disabled");
    case "validation_failed":
    case "email_address_invalid":
      return new HttpError("validation_failed", { message: error.message });
  }
  // The latter is the error for a deleted user.
  if (
    error.name === "AuthSessionMissingError" || error.code === "user_not_found"
  ) {
    return new HttpError("session_ended");
  }
  if (error.status === 429) {
    return new HttpError("rate_limited", {
      headers: retryAfterHeader(RATE_LIMIT_SECONDS),
      cause: error,
    });
  }
  if (error.status !== undefined && error.status >= 400 && error.status < 500) {
    return new HttpError("auth_rejected", {
      message: error.message,
      cause: error,
    });
  }
  return authUnavailable(error);
}

function authUnavailable(cause?: AuthError): HttpError {
  return new HttpError("auth_unavailable", {
    cause,
    headers: retryAfterHeader(5),
  });
}

function invalidRefreshToken(): HttpError {
  return new HttpError("invalid_refresh_token");
}
