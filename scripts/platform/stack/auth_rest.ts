import { type ApiKeyResolver, App, type IAppConfig, InMemoryEmailDriver } from "@supabase/lite";
import { type IPostgresConnectionConfig, PostgresConnection } from "@supabase/lite/postgres";
import { jwtVerify } from "jose";
import postgres from "postgres";
import { completeAccessToken, type SignInMethod } from "./access_tokens.ts";
import { AddressLimits, addressOf, attemptOf } from "./auth_addresses.ts";
import { createAuthAdmin } from "./auth_admin.ts";
import { divertErrors } from "./diverted_errors.ts";
import type { ProjectConfig } from "./project_config.ts";
import { afterPasswordHook } from "./password_hook.ts";
import { endOtherSessions, refusePasswordChange } from "./password_changes.ts";
import { judgeRefreshToken } from "./refresh_tokens.ts";
import type { TokenSigning } from "./token_signing.ts";

export interface AuthRestOptions {
  /** Postgres URLs of the role that owns `auth`, of the role that REST's callers connect as, and of a superuser. */
  databaseUrls: { auth: string; rest: string; admin: string };
  /** The gateway's URL, without a trailing slash. */
  url: string;
  keys: { publishableKey: string; secretKey: string };
  signing: TokenSigning;
  config: Pick<ProjectConfig, "api" | "auth">;
  /** Whether Auth counts attempts by address, as hosted does. */
  limitsAttempts: boolean;
  /** Receives the details of what REST and Auth refused. */
  logFile: string;
}

export interface AuthRest {
  /** Creates the tables of `auth` in a database without them. */
  createTables(): Promise<void>;
  /** Answers a request below `/auth/v1`. */
  auth(request: Request): Promise<Response>;
  /** Answers a request below `/rest/v1`. */
  rest(request: Request): Promise<Response>;
  /** Forgets what REST knows about the database's tables and functions. */
  reload(): Promise<void>;
  stop(): Promise<void>;
}

const CONNECTIONS = 8;
/** Seconds that running queries have to end when the server stops. */
const STOP_SECONDS = 1;
/** PostgREST's channel and payload, so that `notify pgrst, 'reload schema'` in a migration works here too. */
const RELOAD_CHANNEL = "pgrst";
const RELOAD_WORDS = new Set(["", "reload schema"]);

/** Auth and REST on `@supabase/lite`, each connected as the role that hosted uses for it. */
export async function startAuthRest(
  options: AuthRestOptions,
): Promise<AuthRest> {
  Deno.env.set("LITE_TELEMETRY", "0");
  const { databaseUrls, signing } = options;
  const catalogue = connection(databaseUrls.admin, 2);
  const authConnection = connection(databaseUrls.auth, CONNECTIONS);
  const restConnection = new RestConnection(databaseUrls.rest, catalogue);
  const authAdmin = createAuthAdmin({
    databaseUrl: databaseUrls.auth,
    keys: { ...options.keys, jwtSecret: options.signing.innerSecret },
  });
  const authApp = createApp(authConnection, options);
  const restApp = createApp(restConnection, options);

  async function reload(): Promise<void> {
    for (const each of [catalogue, restConnection, authConnection]) {
      await each.clearSchemaCache();
    }
  }

  const errors = divertErrors(options.logFile);
  const limits = options.limitsAttempts ? new AddressLimits() : undefined;
  const sessions = postgres(databaseUrls.auth, { max: 1, onnotice() {} });
  const admin = postgres(databaseUrls.admin, { max: 1, onnotice() {} });
  async function stop(): Promise<void> {
    await admin.end({ timeout: STOP_SECONDS });
    await sessions.end({ timeout: STOP_SECONDS });
    await authAdmin.stop();
    for (const { driver } of [authConnection, restConnection, catalogue]) {
      await driver.end({ timeout: STOP_SECONDS });
    }
    errors.stop();
  }

  try {
    await authApp.init();
    await restApp.init();
    await admin.listen(RELOAD_CHANNEL, async (word) => {
      if (RELOAD_WORDS.has(word)) await reload();
    });
  } catch (error) {
    await stop();
    throw error;
  }

  return {
    async createTables() {
      await authApp.ensureSystemSchema();
      // lite does not make this table of Auth: how sessions began.
      await sessions`
        create table if not exists auth.mfa_amr_claims (
          id uuid primary key,
          session_id uuid not null references auth.sessions (id) on delete cascade,
          authentication_method text not null,
          created_at timestamptz not null,
          updated_at timestamptz not null,
          unique (session_id, authentication_method)
        )`;
    },
    async auth(request) {
      const { pathname } = new URL(request.url);
      if (pathname === "/auth/v1/.well-known/jwks.json") {
        return Response.json(signing.publishedKeys);
      }
      const inner = await signing.translate(request);
      if (pathname.startsWith("/auth/v1/admin/")) {
        return await authAdmin.fetch(inner);
      }
      const address = addressOf(request.headers, options.keys.secretKey);
      const attempt = attemptOf(request);
      const refusal = attempt && limits?.refusal(attempt, address);
      if (refusal) return refusal;
      const changesUser = request.method === "PUT" &&
        pathname === "/auth/v1/user";
      if (changesUser) {
        const refused = await refusePasswordChange(
          inner,
          admin,
          signing.innerSecret,
          options.config.auth,
        );
        if (refused) return refused;
      }
      const asked = inner.clone();
      const judged = await judgeRefreshToken(
        inner,
        (request) => errors.during(() => authApp.fetch(request, { peerAddress: null })),
      );
      const answer = showsPassword(request)
        ? await afterPasswordHook(
          asked.clone(),
          judged,
          sessions,
          options.config.auth.hook.password_verification_attempt,
        )
        : judged;
      if (changesUser && answer.ok && (await asked.json()).password) {
        await endOtherSessions(asked, sessions, signing.innerSecret);
      }
      return await completeAccessToken(answer, {
        issuer: `${options.url}/auth/v1`,
        sign: signing.sign,
        onSession: (id) =>
          noteSession(sessions, id, {
            address,
            method: pathname === "/auth/v1/verify" ? "otp" : "password",
          }),
      });
    },
    async rest(request) {
      const inner = await signing.translate(request);
      return await errors.during(() => restApp.fetch(inner, { peerAddress: null }));
    },
    reload,
    stop,
  };
}

function showsPassword({ method, url }: Request): boolean {
  const { pathname, searchParams } = new URL(url);
  return method === "POST" && pathname === "/auth/v1/token" &&
    searchParams.get("grant_type") === "password";
}

/** Auth stores the address that last used a session, and how the session began; each token contains the latter. */
async function noteSession(
  sql: postgres.Sql,
  id: string,
  { address, method }: { address: string; method: string },
): Promise<SignInMethod[]> {
  await sql`update auth.sessions set ip = ${address}::inet where id = ${id}::uuid`;
  await sql`
    insert into auth.mfa_amr_claims (id, session_id, authentication_method, created_at, updated_at)
    select gen_random_uuid(), s.id, ${method}, s.created_at, s.created_at from auth.sessions s
    where s.id = ${id}::uuid and not exists (select from auth.mfa_amr_claims c where c.session_id = s.id)`;
  return await sql<SignInMethod[]>`
    select authentication_method as method, extract(epoch from created_at)::int as timestamp
    from auth.mfa_amr_claims where session_id = ${id}::uuid order by created_at`;
}

/** Another role reads the catalogue, because REST's callers may not see all of it. */
class RestConnection extends PostgresConnection {
  constructor(url: string, private readonly catalogue: PostgresConnection) {
    super(connectionConfig(url, CONNECTIONS));
    keepGrants(this);
  }

  override introspect(
    options?: Parameters<PostgresConnection["introspect"]>[0],
  ) {
    return this.catalogue.introspect(options);
  }

  override async clearSchemaCache(): Promise<void> {
    await super.clearSchemaCache();
    await this.catalogue.clearSchemaCache();
  }
}

function connection(url: string, max: number): PostgresConnection {
  const created = new PostgresConnection(connectionConfig(url, max));
  keepGrants(created);
  return created;
}

function connectionConfig(
  url: string,
  max: number,
): IPostgresConnectionConfig {
  return {
    url,
    postgresOptions: {
      max,
      onnotice() {},
      types: { json: jsonType(114), jsonb: jsonType(3802), bigint: numberType(20), numeric: numberType(1700) },
    },
  };
}

/** Keeps encoded JSON from being encoded twice, which would store strings in `auth.users` instead of objects. */
function jsonType(oid: number): postgres.PostgresType {
  return {
    to: oid,
    from: [oid],
    serialize: (value: unknown) => typeof value === "string" ? value : JSON.stringify(value),
    parse: JSON.parse,
  };
}

/** Answers numbers as numbers, as PostgREST does; the driver makes texts of those that a double may not hold. */
function numberType(oid: number): postgres.PostgresType {
  return {
    to: oid,
    from: [oid],
    serialize: String,
    parse: (text: string) => {
      const number = Number(text);
      return Number.isFinite(number) ? number : text;
    },
  };
}

/**
 * On its first request lite grants the API roles everything on every table, which undoes the migrations' revokes. This
 * makes lite assume that it has done so; there is no public option.
 */
function keepGrants(to: PostgresConnection): void {
  if (!Reflect.set(to, "rlsState", "active")) {
    throw new Error("@supabase/lite no longer has the state that keeps grants");
  }
}

function createApp(
  connection: PostgresConnection,
  { config, keys, signing, url }: AuthRestOptions,
): App {
  // lite knows no such hook: see password_hook.ts.
  const { hook: _, ...auth } = config.auth;
  const settings = {
    connection,
    api: { ...config.api, external_url: url },
    auth: {
      ...auth,
      enabled: true,
      jwt_secret: signing.innerSecret,
      publishable_key: keys.publishableKey,
      secret_key: keys.secretKey,
    },
    options: {
      server: {
        admin: false,
        disableStudio: true,
        apiKeys: { resolver: apiKeyResolver(keys, signing.innerSecret) },
      },
      drivers: { email: new InMemoryEmailDriver() },
    },
  };
  // The type asks for every setting there is; the constructor fills in defaults.
  return new App(settings as unknown as IAppConfig) as unknown as App;
}

/** Opaque keys, and legacy keys: JWTs that name a role. */
function apiKeyResolver(
  keys: AuthRestOptions["keys"],
  jwtSecret: string,
): ApiKeyResolver {
  const secret = new TextEncoder().encode(jwtSecret);
  return async (key) => {
    if (key === keys.publishableKey) {
      return { type: "publishable", claims: { role: "anon" } };
    }
    if (key === keys.secretKey) {
      return { type: "secret", claims: { role: "service_role" } };
    }
    const claims = await jwtVerify(key, secret, { algorithms: ["HS256"] })
      .then(({ payload }) => payload, () => null);
    if (claims?.role === "anon") return { type: "publishable", claims };
    if (claims?.role === "service_role") return { type: "secret", claims };
    return null;
  };
}
