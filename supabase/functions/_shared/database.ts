import type postgres from "postgres";
import { Json, Statement } from "./connection.ts";
import { type Ask, ConnectionPool, type Turn } from "./connection_pool.ts";

/** What may stand in a statement: a value, or a part of it. */
type Part = postgres.SerializableParameter<never> | Json | Query<unknown>;

/** The most connections that an isolate has. The doctor and docs/deploy.md count with it. */
export const CONNECTIONS_PER_ISOLATE = 2;

/** What the pipeline's connections are called in pg_stat_activity, before the function's name. */
export const APPLICATION = "pipeline";

/** Statements as templates, in the pool's connections or in one transaction. */
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
  /** @param options.timeout seconds that queries under way are given */
  end(options?: { timeout?: number }): Promise<void>;
}

/** Queries that take their turn with those of the same kind. */
export interface Pool extends Sql {
  at(turn: Turn): Sql;
}

export interface PoolSettings {
  /** As `pg_stat_activity` shows it. */
  name?: string;
  /** Connections at once, at most. */
  max?: number;
  /** After which a connection that nobody uses is given back. */
  idleSeconds?: number;
  /** How long a query waits for a connection before it fails with the code `POOL_EXHAUSTED`. */
  waitSeconds?: number;
  /** After which the server gives up a statement, by default as hosted does for signed-in users; null for what it has set. */
  statementSeconds?: number | null;
}

/** Of the server, where it sets none: hosted gives up a statement after two minutes. */
const STATEMENT_SECONDS = 120;
/** What the network may add, before a server that has not answered is taken for gone. */
const ANSWER_SECONDS = 5;

/**
 * A small pool. Functions run in many isolates, so each keeps few connections and gives idle ones back. The defaults are those
 * of functions that people wait for.
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
  const at = (turn: Turn): Sql =>
    Object.assign(tag((statement) => pool.ask(statement, turn)), {
      begin: <T>(run: (tx: Transaction) => Promise<T>) =>
        pool.transact((ask) => run(tag(ask)), turn),
      end: ({ timeout = 5 } = {}) => pool.end(timeout * 1000),
    });
  return Object.assign(at("begun"), { at });
}

function tag(ask: Ask): Tag {
  return Object.assign(
    (strings: TemplateStringsArray, ...values: readonly unknown[]) =>
      new Query(strings, values, ask),
    { json: (value: postgres.JSONValue) => new Json(value) },
  ) as Tag;
}

/** Is sent when it is awaited; within another it is a part of that. */
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
  });
}
