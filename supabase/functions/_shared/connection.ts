import net from "node:net";
import postgres from "postgres";
import { arrayTypes } from "./array_types.ts";

/** A statement, or a part of one, as a template; its values may be statements themselves. */
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
  /** The connection's name in `pg_stat_activity`. */
  applicationName: string;
  /**
   * The server's time-out for a statement; null for the server's own setting.
   */
  statementMs: number | null;
  /** How long to wait for an answer to a statement before the connection is considered lost. */
  answerMs: number;
}

/** How long after its last answer a connection is assumed to be alive. */
const ASSUMED_ALIVE_MS = 5_000;
/** How long after an answer the next ones are expected soon. */
const RESPONSIVE_MS = 2;
/** Statements in flight at once: their round trips overlap, and they share packets. */
const MOST_IN_FLIGHT = 8;

/** What the driver's types omit: https://github.com/porsager/postgres/blob/v3.4.9/src/connection.js */
interface SocketOption {
  socket(
    options: { host: string[]; port: number[]; path: string | false },
  ): Promise<net.Socket>;
}

/**
 * One connection, for its lifetime; nothing is sent once it was lost.
 *
 * Each connection is a driver instance of its own, discarded with the connection. The driver's own pool reconnects with
 * the remaining state of a lost connection: a write that it never made blocks the next one
 * (https://github.com/porsager/postgres/issues/1154), and a write to a closed connection ends the process.
 */
export class Connection {
  isLost = false;
  /** Set by the pool: the number of users, and whether the current user needs it exclusively. */
  users = 0;
  isReserved = false;
  readonly #driver: postgres.Sql;
  readonly #options: ConnectionOptions;
  readonly #onLost: () => void;
  #socket: net.Socket | undefined;
  #answeredAt = -Infinity;
  /** Fail the statements in flight. */
  readonly #underWay = new Set<(error: Error) => void>();

  /** Connects on the first call of `ready`. */
  constructor(options: ConnectionOptions, onLost: () => void) {
    this.#options = options;
    this.#onLost = onLost;
    this.#driver = postgres(
      options.url,
      {
        max: 1,
        // The pool decides how long a connection lives and how long it may take to connect.
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
  get isAlive(): boolean {
    return performance.now() - this.#answeredAt < ASSUMED_ALIVE_MS;
  }

  /** Whether another statement would be answered soon, although others are in flight. */
  get isResponsive(): boolean {
    return !this.isLost && !this.isReserved && this.users > 0 &&
      this.users < MOST_IN_FLIGHT &&
      performance.now() - this.#answeredAt < RESPONSIVE_MS;
  }

  /** Connects, or checks whether the connection is still alive. If it is not, it is lost. */
  async prepare(ms: number): Promise<void> {
    const timer = setTimeout(() => this.discard(connectTimedOut(ms)), ms);
    const { url, statementMs } = this.#options;
    try {
      // A pooler would pass the setting to other clients along with its connection.
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

  /** Sends a statement. If the connection is lost, the statement may have taken effect. */
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

  /** Closes the connection immediately. */
  discard(error = connectionLost()): void {
    this.#lose(error);
    this.#socket?.destroy();
  }

  /** Closes the connection in order; no statement may be in flight. */
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

  /**
   * Fails after the first try: where the server hangs up before the connection is ready, the driver would retry for
   * ever.
   */
  #open(
    { host: [host], port: [port], path }: Parameters<SocketOption["socket"]>[0],
  ): Promise<net.Socket> {
    if (this.#socket || this.isLost) return Promise.reject(connectionLost());
    const socket = path ? net.connect(path) : net.connect(port, host);
    // TLS looks here for the name that the certificate must have.
    this.#socket = Object.assign(socket, { host, port });
    socket.on("error", () => {});
    socket.once("close", () => this.#lose());
    return new Promise((resolve, reject) => {
      socket.once("connect", () => resolve(withSafeWrites(socket)));
      socket.once("error", reject);
      socket.once("close", () => reject(connectionLost()));
    });
  }
}

/**
 * Hosted's Deno runs a cleared immediate that was already due, and the driver writes by an immediate: it writes null
 * after it has written everything, or writes to a socket that it has dropped. Either would end the process. So a write
 * of null does nothing, and the driver's first listener for `close` is omitted. (A bundle contains immediates that can
 * be cleared; a function that runs from its sources uses Deno's.)
 */
function withSafeWrites(socket: net.Socket): net.Socket {
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

/** A statement to send later. */
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
    // The driver would notice this only while other statements are in flight, and fail one of those.
    if (value === undefined) {
      throw new TypeError(
        `a statement's value is undefined: ${strings.join("…")}`,
      );
    }
    if (value instanceof Statement) return compose(driver, value);
    return value instanceof Json ? driver.json(value.value) : value;
  });
  return driver(strings, ...composed as postgres.ParameterOrFragment<never>[]);
}

/**
 * Prepared statements save a round trip per query, but belong to one connection. Supabase's pooler in transaction mode
 * (port 6543) uses a different connection each time.
 */
function isTransactionPooler(url: string): boolean {
  return new URL(url).port === "6543";
}

/**
 * Encrypts whenever the server supports it, so that the server may require it; the platform's network vouches for the
 * server's identity. A URL with `sslmode` decides for itself.
 */
function encryption(url: string): "prefer" | undefined {
  return new URL(url).searchParams.has("sslmode") ? undefined : "prefer";
}

/**
 * Whether the server refused the statement and accepts the next one. Any other error ends the connection, or leaves its
 * state unknown.
 */
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
