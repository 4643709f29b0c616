import { parse } from "smol-toml";
import { z } from "zod";
import type { Environment } from "./environments.ts";
import type { SupabaseCli } from "../../platform/cli/supabase_cli.ts";

/** Supabase's plans; each includes the features of the previous ones. */
export const PLANS = ["free", "pro", "team"] as const;
export type Plan = typeof PLANS[number];

/** Auth's settings under the Management API's names. */
export type AuthSettings = Record<string, unknown>;

/** Auth settings of this project that config.toml cannot express. */
export const BEYOND_CONFIG = {
  security_update_password_require_current_password: true,
  // Auth trusts the network address that the API forwards together with the secret key.
  security_sb_forwarded_for_enabled: true,
} as const satisfies AuthSettings;

/** An Auth setting that protects the account from a stolen token. */
export interface AuthGuard {
  setting: string;
  holds(value: unknown): boolean;
  /** The rule in words, for the report when it is violated. */
  rule: string;
  /** The lowest plan with this setting. */
  plan: Plan;
}

const isOn = (value: unknown) => value === true;
const isPositive = (value: unknown) => Number(value) > 0;

export const AUTH_GUARDS: AuthGuard[] = [
  {
    setting: "security_update_password_require_current_password",
    holds: isOn,
    rule: "a new password requires the current one",
    plan: "free",
  },
  {
    setting: "security_update_password_require_reauthentication",
    holds: isOn,
    rule: "a new password requires a recent sign-in or a mailed code",
    plan: "free",
  },
  {
    setting: "mailer_secure_email_change_enabled",
    holds: isOn,
    rule: "a new address requires confirmation from the old one",
    plan: "free",
  },
  {
    setting: "password_min_length",
    holds: (value) => Number(value) >= 8,
    rule: "a password has at least 8 characters",
    plan: "free",
  },
  {
    setting: "mailer_otp_length",
    holds: (value) => Number(value) >= 10,
    rule: "a mailed code has 10 digits",
    plan: "free",
  },
  {
    setting: "mailer_otp_exp",
    holds: (value) => isPositive(value) && Number(value) <= 600,
    rule: "a mailed code or link is valid for at most ten minutes",
    plan: "free",
  },
  {
    setting: "refresh_token_rotation_enabled",
    holds: isOn,
    rule: "a refresh token is valid once",
    plan: "free",
  },
  {
    setting: "jwt_exp",
    holds: (value) => isPositive(value) && Number(value) <= 3600,
    rule: "an access token is valid for at most an hour",
    plan: "free",
  },
  {
    setting: "sessions_timebox",
    holds: isPositive,
    rule: "a session ends",
    plan: "pro",
  },
  {
    setting: "sessions_inactivity_timeout",
    holds: isPositive,
    rule: "an unused session ends",
    plan: "pro",
  },
  {
    setting: "hook_password_verification_attempt_enabled",
    holds: isOn,
    rule: "Auth counts wrong passwords by account",
    plan: "team",
  },
];

export function isOffered({ plan }: AuthGuard, on: Plan): boolean {
  return PLANS.indexOf(plan) <= PLANS.indexOf(on);
}

const settings = z.record(z.string(), z.unknown());

/** Undefined if the Management API cannot be called, because no access token is known here. */
export async function readAuthSettings(
  cli: SupabaseCli,
  { projectRef }: Environment,
): Promise<AuthSettings | undefined> {
  const answer = await cli.callApi("GET", pathOf(projectRef));
  return answer === undefined ? undefined : settings.parse(answer);
}

/** The settings of `BEYOND_CONFIG` that differ on the project. */
export function changesBeyondConfig(found: AuthSettings): AuthSettings {
  return Object.fromEntries(
    Object.entries(BEYOND_CONFIG)
      .filter(([name, value]) => found[name] !== value),
  );
}

export async function setAuthSettings(
  cli: SupabaseCli,
  projectRef: string,
  changes: AuthSettings,
): Promise<void> {
  await cli.callApi("PATCH", pathOf(projectRef), changes);
}

function pathOf(projectRef: string): string {
  return `/v1/projects/${projectRef}/config/auth`;
}

const declared = z.object({
  auth: z.object({
    jwt_expiry: z.number(),
    minimum_password_length: z.number(),
    enable_refresh_token_rotation: z.boolean(),
    email: z.object({
      double_confirm_changes: z.boolean(),
      secure_password_change: z.boolean(),
      otp_length: z.number(),
      otp_expiry: z.number(),
    }),
    hook: z.object({
      password_verification_attempt: z.object({ enabled: z.boolean() }),
    }),
    sessions: z.object({
      timebox: z.string(),
      inactivity_timeout: z.string(),
    }),
  }),
});

/** The Auth settings of a source's config.toml, as on the local stack. */
export async function declaredAuthSettings(
  source: string,
): Promise<AuthSettings> {
  const toml = await Deno.readTextFile(`${source}/supabase/config.toml`);
  const { auth } = declared.parse(parse(toml));
  return {
    jwt_exp: auth.jwt_expiry,
    password_min_length: auth.minimum_password_length,
    refresh_token_rotation_enabled: auth.enable_refresh_token_rotation,
    mailer_secure_email_change_enabled: auth.email.double_confirm_changes,
    security_update_password_require_reauthentication: auth.email.secure_password_change,
    mailer_otp_length: auth.email.otp_length,
    mailer_otp_exp: auth.email.otp_expiry,
    hook_password_verification_attempt_enabled: auth.hook.password_verification_attempt.enabled,
    sessions_timebox: parseInt(auth.sessions.timebox),
    sessions_inactivity_timeout: parseInt(auth.sessions.inactivity_timeout),
  };
}
