import postgres from "postgres";

export type Sql = postgres.Sql;
export type Transaction = postgres.TransactionSql;

/** The most connections that an isolate has. The doctor and docs/deploy.md count with it. */
export const CONNECTIONS_PER_ISOLATE = 2;

/** What the pipeline's connections are called in pg_stat_activity, before the function's name. */
export const APPLICATION = "pipeline";

/** A small pool. Functions run in many isolates, so each keeps few connections and gives idle ones back. */
export function connect(
  url: string,
  options: {
    /** The function, by which its connections are told from others'. */
    service?: string;
    max?: number;
    idleTimeoutSeconds?: number;
  } = {},
): Sql {
  const { service } = options;
  return postgres(url, {
    max: options.max ?? CONNECTIONS_PER_ISOLATE,
    idle_timeout: options.idleTimeoutSeconds ?? 20,
    connect_timeout: 10,
    ...service &&
      { connection: { application_name: `${APPLICATION}-${service}` } },
    prepare: !isTransactionPooler(url),
    onnotice: () => {},
  });
}

/**
 * Prepared statements save a round trip a query, but belong to one connection: Supabase's pooler in transaction mode, which
 * listens on port 6543, hands out another each time.
 */
function isTransactionPooler(url: string): boolean {
  return new URL(url).port === "6543";
}

/** What a verified access token says about its bearer. */
export interface Claims {
  sub: string;
  role: string;
  [claim: string]: unknown;
}

/**
 * Runs queries as the signed-in user, so that row-level security decides what they see.
 * @param timeoutMs after which each of the queries is given up with SQLSTATE 57014; by default the role's own
 */
export function asUser<T>(
  sql: Sql,
  claims: Claims,
  run: (tx: Transaction) => Promise<T>,
  { timeoutMs }: { timeoutMs?: number } = {},
): Promise<T> {
  const timeout = timeoutMs === undefined ? null : `${timeoutMs}ms`;
  return sql.begin(async (tx) => {
    await tx`
      select set_config('role', 'authenticated', true),
             set_config('request.jwt.claims', ${JSON.stringify(claims)}, true),
             set_config('statement_timeout',
               coalesce(${timeout}, current_setting('statement_timeout')), true)`;
    return await run(tx);
  }) as Promise<T>;
}
