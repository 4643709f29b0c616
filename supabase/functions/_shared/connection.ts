import net from "node:net";
import postgres from "postgres";
import { arrayTypes } from "./array_types.ts";

/** A statement, or a part of one, as a template has it: its values may be parts themselves. */
export class Statement {
  constructor(
    readonly strings: TemplateStringsArray,
    readonly values: readonly unknown[],
  ) {}
}

/** A value that is sent as JSON. */
export class Json {
  constructor(readonly value: postgres.JSONValue) {}
}

export type Rows = postgres.RowList<postgres.Row[]>;

export interface ConnectionOptions {
  url: string;
  /** As `pg_stat_activity` shows it. */
  applicationName: string;
  /** After which the server gives up a statement; null for the server's own setting. */
  statementMs: number | null;
  /** After which a server that has not answered a statement is taken for gone. */
  answerMs: number;
}

/** For so long after its last answer a connection is taken to be there. */
const TRUSTED_MS = 5_000;
/** For so long after an answer the next ones are expected soon. */
const FLOWING_MS = 2;
/** Statements that are under way at once: their round trips overlap, and their bytes share packets. */
const MOST_UNDER_WAY = 8;

/** What the driver's types leave out: https://github.com/porsager/postgres/blob/v3.4.9/src/connection.js */
interface SocketOption {
  socket(
    options: { host: string[]; port: number[]; path: string | false },
  ): Promise<net.Socket>;
}

/**
 * One connection, for as long as it lives; nothing is sent once it was lost.
 *
 * It is an instance of the driver for itself, which is thrown away with it. The driver's own pool connects again with what it
 * has left of a lost connection: a write it never made keeps the next one from being sent
 * (https://github.com/porsager/postgres/issues/1154), and what it writes to a connection that is gone ends the process.
 */
export class Connection {
  isLost = false;
  /** The pool's: how many are using it, and whether the one that does needs it alone. */
  users = 0;
  isReserved = false;
  readonly #driver: postgres.Sql;
  readonly #options: ConnectionOptions;
  readonly #onLost: () => void;
  #socket: net.Socket | undefined;
  #answeredAt = -Infinity;
  /** Fail the statements that are under way. */
  readonly #underWay = new Set<(error: Error) => void>();

  /** Connects when it is first asked to be ready. */
  constructor(options: ConnectionOptions, onLost: () => void) {
    this.#options = options;
    this.#onLost = onLost;
    this.#driver = postgres(
      options.url,
      {
        max: 1,
        // Its pool decides how long it lives, and how long it may take to connect.
        idle_timeout: undefined,
        max_lifetime: null,
        connect_timeout: 0,
        backoff: false,
        prepare: !isTransactionPooler(options.url),
        fetch_types: false,
        types: arrayTypes,
        ssl: encryption(options.url),
        connection: { application_name: options.applicationName },
        onnotice: () => {},
        onclose: () => this.#lose(),
        socket: (place) => this.#open(place),
      } as
        & postgres.Options<Record<string, postgres.PostgresType>>
        & SocketOption,
    ) as unknown as postgres.Sql;
  }

  /** Whether the server has answered within the last seconds. */
  get isTrusted(): boolean {
    return performance.now() - this.#answeredAt < TRUSTED_MS;
  }

  /** Whether one more statement would be answered soon, though others are under way. */
  get isFlowing(): boolean {
    return !this.isLost && !this.isReserved && this.users > 0 &&
      this.users < MOST_UNDER_WAY &&
      performance.now() - this.#answeredAt < FLOWING_MS;
  }

  /** Connects, or finds out whether the connection is still there. Failing that, it is lost. */
  async prepare(ms: number): Promise<void> {
    const timer = setTimeout(() => this.discard(connectTimedOut(ms)), ms);
    const { url, statementMs } = this.#options;
    try {
      // A pooler would give the setting to others with its connection.
      if (statementMs === null || isTransactionPooler(url)) {
        await this.ask(statement`select 1`);
      } else {
        const timeout = `${statementMs}ms`;
        await this.ask(
          statement`select set_config('statement_timeout', ${timeout}, false)`,
        );
      }
    } catch (error) {
      this.discard();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Sends a statement. Where its connection is lost, it may have had its effect. */
  async ask(statement: Statement): Promise<Rows> {
    if (this.isLost) throw connectionLost();
    const query = compose(this.#driver, statement) as Promise<Rows>;
    const answer = Promise.withResolvers<Rows>();
    this.#underWay.add(answer.reject);
    const timer = setTimeout(() => this.discard(), this.#options.answerMs);
    query.then(answer.resolve, answer.reject);
    try {
      return await answer.promise;
    } catch (error) {
      if (!isAnswer(error)) this.discard();
      throw error;
    } finally {
      clearTimeout(timer);
      this.#underWay.delete(answer.reject);
      if (!this.isLost) this.#answeredAt = performance.now();
    }
  }

  /** Ends it as it stands. */
  discard(error = connectionLost()): void {
    this.#lose(error);
    this.#socket?.destroy();
  }

  /** Ends it in good order; no statement may be under way. */
  close(): void {
    this.#lose();
    this.#driver.end({ timeout: 1 })
      .catch(() => {})
      .finally(() => this.#socket?.destroy());
  }

  #lose(error = connectionLost()): void {
    if (this.isLost) return;
    this.isLost = true;
    for (const fail of this.#underWay) fail(error);
    this.#onLost();
  }

  /** Once: the driver asks again where the server hung up before it was ready, and would do so for ever. */
  #open(
    { host: [host], port: [port], path }: Parameters<SocketOption["socket"]>[0],
  ): Promise<net.Socket> {
    if (this.#socket || this.isLost) return Promise.reject(connectionLost());
    const socket = path ? net.connect(path) : net.connect(port, host);
    // Where TLS looks for the name that the certificate must have.
    this.#socket = Object.assign(socket, { host, port });
    socket.on("error", () => {});
    socket.once("close", () => this.#lose());
    return new Promise((resolve, reject) => {
      socket.once("connect", () => resolve(forgiving(socket)));
      socket.once("error", reject);
      socket.once("close", () => reject(connectionLost()));
    });
  }
}

/**
 * Hosted's Deno runs an immediate that was cleared if it was due by then, and the driver writes by one: nothing, after it has
 * written all already, or to a socket that it has forgotten since. Either would end the process. So nothing is written as nothing, and the driver's listener for `close`, the first, is left out. (A bundle brings immediates that can be cleared;
 * a function that runs from its sources has Deno's.)
 */
function forgiving(socket: net.Socket): net.Socket {
  const { on, write } = socket;
  return Object.assign(socket, {
    on(event: string, listener: (...values: unknown[]) => void) {
      if (event !== "close") return on.call(socket, event, listener);
      socket.on = on;
      return socket;
    },
    write(...values: Parameters<typeof write>) {
      return values[0] === null || write.apply(socket, values);
    },
  });
}

/** Writes down a statement for later. */
export function statement(
  strings: TemplateStringsArray,
  ...values: readonly unknown[]
): Statement {
  return new Statement(strings, values);
}

function compose(
  driver: postgres.Sql,
  { strings, values }: Statement,
): postgres.PendingQuery<postgres.Row[]> {
  const composed = values.map((value) => {
    // The driver would find out when others are under way, and have one of them fail for it.
    if (value === undefined) {
      throw new TypeError(`undefined has no place in: ${strings.join("…")}`);
    }
    if (value instanceof Statement) return compose(driver, value);
    return value instanceof Json ? driver.json(value.value) : value;
  });
  return driver(strings, ...composed as postgres.ParameterOrFragment<never>[]);
}

/**
 * Prepared statements save a round trip a query, but belong to one connection: Supabase's pooler in transaction mode, which
 * listens on port 6543, hands out another each time.
 */
function isTransactionPooler(url: string): boolean {
  return new URL(url).port === "6543";
}

/**
 * Encrypted wherever the server can, so that it may enforce it; the platform's network vouches for who answers. An address
 * that says itself how, by `sslmode`, has its way.
 */
function encryption(url: string): "prefer" | undefined {
  return new URL(url).searchParams.has("sslmode") ? undefined : "prefer";
}

/** Whether the server refused the statement, and takes the next one; else it ends the connection, or nobody knows. */
function isAnswer(error: unknown): boolean {
  return error instanceof postgres.PostgresError && error.severity === "ERROR";
}

export function connectionLost(): Error {
  return withCode(
    "CONNECTION_CLOSED",
    "the connection to the database was lost",
  );
}

function connectTimedOut(ms: number): Error {
  return withCode(
    "CONNECT_TIMEOUT",
    `the database did not answer within ${ms} ms`,
  );
}

export function withCode(code: string, message: string, cause?: unknown) {
  return Object.assign(new Error(message, { cause }), { code });
}
