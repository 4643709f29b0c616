import type postgres from "postgres";
import { Json, Statement } from "./connection.ts";
import { type Ask, ConnectionPool, type Priority } from "./connection_pool.ts";

/** A value of a statement, or a part of it. */
type Part = postgres.SerializableParameter<never> | Json | Query<unknown>;

/** The most connections that an isolate has. The doctor and docs/deploying/sizing.md count on it. */
export const CONNECTIONS_PER_ISOLATE = 2;

/** The prefix of the pipeline's connections in `pg_stat_activity`; the function's name follows. */
export const APPLICATION = "pipeline";

/** Statements as templates, on the pool's connections or in one transaction. */
interface Tag {
  <T extends readonly (object | undefined)[] = postgres.Row[]>(
    strings: TemplateStringsArray,
    ...values: readonly Part[]
  ): Query<postgres.RowList<T>>;
  json(value: postgres.JSONValue): Json;
}

export type Transaction = Tag;

export interface Sql extends Tag {
  begin<T>(run: (tx: Transaction) => Promise<T>): Promise<T>;
  /** @param options.timeout seconds that queries in flight have to finish */
  end(options?: { timeout?: number }): Promise<void>;
}

/** Queries that wait in the given group. */
export interface Pool extends Sql {
  at(priority: Priority): Sql;
}

export interface PoolSettings {
  /** The connections' name in `pg_stat_activity`. */
  name?: string;
  /** The most connections at once. */
  max?: number;
  /** How long a connection may be idle before it is closed. */
  idleSeconds?: number;
  /** How long a query waits for a connection before it fails with the code `POOL_EXHAUSTED`. */
  waitSeconds?: number;
  /**
   * The server's time-out for a statement, by default hosted's for signed-in users; null for the server's own setting.
   */
  statementSeconds?: number | null;
}

/** Hosted's own time-out for a statement: two minutes. */
const STATEMENT_SECONDS = 120;
/**
 * Time for the network, before a server that has not answered is
 * considered lost.
 */
const ANSWER_SECONDS = 5;

/**
 * A small pool. Functions run in many isolates, so each opens few connections and closes idle ones. The defaults suit
 * functions that users wait for.
 */
export function connect(
  url: string,
  {
    name = APPLICATION,
    max = CONNECTIONS_PER_ISOLATE,
    idleSeconds = 20,
    waitSeconds = 5,
    statementSeconds = 8,
  }: PoolSettings = {},
): Pool {
  const pool = new ConnectionPool({
    url,
    applicationName: name,
    max,
    idleMs: idleSeconds * 1000,
    waitMs: waitSeconds * 1000,
    statementMs: statementSeconds && statementSeconds * 1000,
    answerMs: ((statementSeconds ?? STATEMENT_SECONDS) + ANSWER_SECONDS) * 1000,
  });
  const at = (priority: Priority): Sql =>
    Object.assign(tag((statement) => pool.ask(statement, priority)), {
      begin: <T>(run: (tx: Transaction) => Promise<T>) => pool.transact((ask) => run(tag(ask)), priority),
      end: ({ timeout = 5 } = {}) => pool.end(timeout * 1000),
    });
  return Object.assign(at("begun"), { at });
}

function tag(ask: Ask): Tag {
  return Object.assign(
    (strings: TemplateStringsArray, ...values: readonly unknown[]) => new Query(strings, values, ask),
    { json: (value: postgres.JSONValue) => new Json(value) },
  ) as Tag;
}

/** A statement is sent when it is awaited; inside another statement it becomes a part of it. */
class Query<T> extends Statement implements Promise<T> {
  readonly [Symbol.toStringTag] = "Query";
  readonly #ask: Ask;
  #answer: Promise<T> | undefined;

  constructor(
    strings: TemplateStringsArray,
    values: readonly unknown[],
    ask: Ask,
  ) {
    super(strings, values);
    this.#ask = ask;
  }

  get #answered(): Promise<T> {
    return this.#answer ??= this.#ask(this) as Promise<unknown> as Promise<T>;
  }

  then<A = T, B = never>(
    onAnswer?: ((answer: T) => A | PromiseLike<A>) | null,
    onFailure?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#answered.then(onAnswer, onFailure);
  }

  catch<B = never>(
    onFailure?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<T | B> {
    return this.#answered.catch(onFailure);
  }

  finally(onEnd?: (() => void) | null): Promise<T> {
    return this.#answered.finally(onEnd);
  }
}

/** The claims of a verified access token. */
export interface Claims {
  sub: string;
  role: string;
  [claim: string]: unknown;
}

/**
 * Runs queries as the signed-in user, so that row-level security decides what they see.
 * @param timeoutMs time-out of each query, which then fails with SQLSTATE 57014; by default the role's own
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
  });
}
