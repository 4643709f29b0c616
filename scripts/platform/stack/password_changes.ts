import { errors, jwtVerify } from "jose";
import type postgres from "postgres";
import { sha256Hex } from "../../../supabase/functions/_shared/hash.ts";
import type { ProjectConfig } from "./project_config.ts";

/** An older session alone cannot change a password. */
const RECENT_HOURS = 24;
/** Seconds for which a mailed code is valid. */
const CODE_SECONDS = 3600;

interface Account {
  email: string | null;
  encrypted_password: string | null;
  is_recent: boolean;
  is_recovery: boolean;
  code_hash: string | null;
}

/**
 * Checks a password change (`PUT /auth/v1/user`) as Auth does and `@supabase/lite` does not: it requires a recent
 * sign-in or a mailed code (`secure_password_change`), and the current password unless the session comes from a mail.
 * config.toml cannot carry the latter setting; here it is always on, as after `npm run deploy`.
 * @returns the refusal, or undefined if Auth would accept the change
 * @see https://supabase.com/docs/guides/auth/password-security
 */
export async function refusePasswordChange(
  request: Request,
  sql: postgres.Sql,
  jwtSecret: string,
  { email: { secure_password_change } }: ProjectConfig["auth"],
): Promise<Response | undefined> {
  const given = await request.clone().json().catch(() => ({}));
  if (!given?.password) return undefined;
  const account = await findAccount(request, sql, jwtSecret);
  if (!account) return undefined;

  if (secure_password_change && !account.is_recent) {
    if (!given.nonce) {
      return fault(
        400,
        "reauthentication_needed",
        "Password update requires reauthentication",
      );
    }
    const hash = await sha256Hex(
      new TextEncoder().encode(`${account.email}${given.nonce}`),
    );
    if (hash !== account.code_hash) {
      return fault(
        422,
        "reauthentication_not_valid",
        "Nonce has expired or is invalid",
      );
    }
  }
  if (!account.encrypted_password || account.is_recovery) return undefined;
  const message = "Current password required when setting new password.";
  if (!given.current_password) {
    return fault(400, "current_password_required", message);
  }
  return await isPassword(sql, given.current_password, account)
    ? undefined
    : fault(400, "current_password_invalid", message);
}

/** Ends all other sessions, as Auth does after a password change. */
export async function endOtherSessions(
  request: Request,
  sql: postgres.Sql,
  jwtSecret: string,
): Promise<void> {
  const { sub, session_id } = await claimsOf(request, jwtSecret) ?? {};
  if (!sub || !session_id) return;
  await sql`delete from auth.sessions where user_id = ${sub} and id <> ${String(session_id)}`;
}

async function findAccount(
  request: Request,
  sql: postgres.Sql,
  jwtSecret: string,
): Promise<Account | undefined> {
  const { sub, session_id } = await claimsOf(request, jwtSecret) ?? {};
  if (!sub || !session_id) return undefined;
  const [account] = await sql<Account[]>`
    select lower(u.email) as email, u.encrypted_password,
           s.created_at > now() - make_interval(hours => ${RECENT_HOURS}) as is_recent,
           exists (
             select from auth.mfa_amr_claims c
             where c.session_id = s.id and c.authentication_method in ('otp', 'magiclink', 'recovery')) as is_recovery,
           case when u.reauthentication_sent_at > now() - make_interval(secs => ${CODE_SECONDS})
             then nullif(u.reauthentication_token, '') end as code_hash
    from auth.users u join auth.sessions s on s.user_id = u.id
    where u.id = ${sub} and s.id = ${String(session_id)}`;
  return account;
}

/**
 * The claims of a valid token; Auth itself answers a request with any other.
 */
async function claimsOf(request: Request, jwtSecret: string) {
  const token = /^Bearer +(\S+)$/i
    .exec(request.headers.get("authorization") ?? "")?.[1];
  if (!token) return undefined;
  try {
    const secret = new TextEncoder().encode(jwtSecret);
    return (await jwtVerify(token, secret, { algorithms: ["HS256"] })).payload;
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}

async function isPassword(
  sql: postgres.Sql,
  given: unknown,
  { encrypted_password }: Account,
): Promise<boolean> {
  // pgcrypto knows the same algorithm by its older name.
  const hash = encrypted_password!.replace(/^\$2[by]\$/, "$2a$");
  const [{ same }] = await sql`
    select extensions.crypt(${String(given)}, ${hash}) = ${hash} as same`;
  return same;
}

function fault(status: number, error_code: string, msg: string): Response {
  return Response.json({ code: status, error_code, msg }, { status });
}
