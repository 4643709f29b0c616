import { type Context, Hono } from "hono";
import { errors, jwtVerify } from "jose";
import postgres from "postgres";
import { printTrace } from "../../dev/terminal/print.ts";

export interface AuthAdminOptions {
  /** The URL of the role that owns `auth`. */
  databaseUrl: string;
  keys: { jwtSecret: string; publishableKey: string; secretKey: string };
}

export interface AuthAdmin {
  /** Answers a request below `/auth/v1/admin`. */
  fetch(request: Request): Promise<Response>;
  stop(): Promise<void>;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const STOP_SECONDS = 1;

/**
 * The routes of Auth's admin API that `auth.admin.getUserById` and `deleteUser` call and `@supabase/lite` lacks. Only
 * the secret key may call them; refusals are Auth's own. A deletion is permanent; soft deletion is refused.
 * @see https://github.com/supabase/auth/blob/master/openapi.yaml
 */
export function createAuthAdmin(
  { databaseUrl, keys }: AuthAdminOptions,
): AuthAdmin {
  const sql = postgres(databaseUrl, { max: 2, onnotice() {} });
  const app = new Hono();

  app.use("*", async (c, next) => {
    const refused = await refusal(c, keys);
    if (refused) return refused;
    await next();
  });

  app.get("/auth/v1/admin/users/:id", async (c) => {
    const id = c.req.param("id");
    if (!UUID.test(id)) return notAnId(c);
    const user = await findUser(sql, id);
    return user ? c.json(user) : notFound(c);
  });

  app.delete("/auth/v1/admin/users/:id", async (c) => {
    const id = c.req.param("id");
    if (!UUID.test(id)) return notAnId(c);
    const body = await c.req.json().catch(() => ({}));
    if (body.should_soft_delete) {
      const message = "This stand-in deletes users for good only";
      return fault(c, 501, "not_implemented", message);
    }
    const { count } = await sql`delete from auth.users where id = ${id}`;
    return count > 0 ? c.json({}) : notFound(c);
  });

  app.notFound((c) => fault(c, 404, "not_found", "404 page not found"));
  app.onError((error, c) => {
    printTrace(error, "auth admin");
    const message = "Database error deleting user";
    return fault(c, 500, "unexpected_failure", message);
  });

  return {
    fetch: async (request) => await app.fetch(request),
    stop: () => sql.end({ timeout: STOP_SECONDS }),
  };
}

/** The refusal for a caller without the secret key or its older kind, a token whose role is service_role. */
async function refusal(
  c: Context,
  { jwtSecret, publishableKey, secretKey }: AuthAdminOptions["keys"],
): Promise<Response | null> {
  const token = c.req.header("authorization")?.match(/^bearer +(\S+)$/i)?.[1];
  if (!token) {
    const message = "This endpoint requires a valid Bearer token";
    return fault(c, 401, "no_authorization", message);
  }
  if (token === secretKey) return null;
  if (token === publishableKey) return notAdmin(c);
  try {
    const secret = new TextEncoder().encode(jwtSecret);
    const { payload } = await jwtVerify(token, secret, {
      algorithms: ["HS256"],
    });
    if (payload.role === "service_role") return null;
    return notAdmin(c);
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error;
    const message = `invalid JWT: unable to parse or verify signature, ${error}`;
    return fault(c, 403, "bad_jwt", message);
  }
}

async function findUser(sql: postgres.Sql, id: string) {
  const [user] = await sql`
    select id, aud, role, email, phone, email_confirmed_at, confirmed_at, last_sign_in_at,
           raw_app_meta_data as app_metadata, raw_user_meta_data as user_metadata, is_anonymous, created_at, updated_at
    from auth.users where id = ${id}`;
  return user;
}

function notAdmin(c: Context): Response {
  return fault(c, 403, "not_admin", "User not allowed");
}

function notAnId(c: Context): Response {
  return fault(c, 404, "validation_failed", "user_id must be an UUID");
}

function notFound(c: Context): Response {
  return fault(c, 404, "user_not_found", "User not found");
}

function fault(
  c: Context,
  status: 401 | 403 | 404 | 500 | 501,
  errorCode: string,
  message: string,
): Response {
  return c.json({ code: status, error_code: errorCode, msg: message }, status);
}
