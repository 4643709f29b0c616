import { decodeJwt } from "jose";
import type postgres from "postgres";
import { z } from "zod";
import type { ProjectConfig } from "./project_config.ts";

type Hook = NonNullable<
  ProjectConfig["auth"]["hook"]["password_verification_attempt"]
>;

const answer = z.union([
  z.object({
    error: z.object({ http_code: z.int().default(500), message: z.string() }),
  }),
  z.object({
    decision: z.enum(["continue", "reject"]),
    message: z.string().optional(),
  }),
]);

/**
 * Calls the project's hook after each password attempt on an existing account, as Auth does. Returns Auth's answer or
 * the hook's in its place. Without the hook's function, which the migrations create, it returns Auth's answer.
 * @param sql as supabase_auth_admin
 * @see https://supabase.com/docs/guides/auth/auth-hooks/password-verification-hook
 */
export async function afterPasswordHook(
  asked: Request,
  given: Response,
  sql: postgres.Sql,
  hook: Hook | undefined,
): Promise<Response> {
  if (!hook?.enabled) return given;
  const { email } = await asked.json().catch(() => ({}));
  const [, schema, name] = /postgres\/(\w+)\/(\w+)$/.exec(hook.uri)!;
  const [user] = await sql`
    select id from auth.users
    where email = lower(${String(email)}) and encrypted_password <> ''
      and to_regprocedure(${`${schema}.${name}(jsonb)`}) is not null`;
  if (!user) return given;

  const isRight = given.ok ||
    (await given.clone().json()).error_code === "email_not_confirmed";
  const [{ said }] = await sql`
    select ${sql(schema)}.${sql(name)}(${sql.json({ user_id: user.id, valid: isRight })}) as said`;
  const parsed = answer.parse(said);
  if ("error" in parsed) {
    await forget(given, sql);
    const { http_code, message } = parsed.error;
    return Response.json({ code: http_code, msg: message }, {
      status: http_code,
    });
  }
  if (parsed.decision === "continue") return given;
  await forget(given, sql);
  return Response.json({
    code: 400,
    error_code: "invalid_credentials",
    msg: parsed.message ??
      "Further password verification attempts will be rejected.",
  }, { status: 400 });
}

/** lite has already created the session. */
async function forget(given: Response, sql: postgres.Sql): Promise<void> {
  if (!given.ok) return;
  const { access_token } = await given.json();
  const { session_id } = decodeJwt<{ session_id: string }>(access_token);
  await sql`delete from auth.sessions where id = ${session_id}`;
}
