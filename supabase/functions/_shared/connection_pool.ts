import postgres from "postgres";
import {
  Connection,
  connectionLost,
  type ConnectionOptions,
  type Rows,
  type Statement,
  statement,
  withCode,
} from "./connection.ts";

export interface PoolOptions extends ConnectionOptions {
  /** The most connections at once. */
  max: number;
  /** How long a connection may be idle before it is closed. */
  idleMs: number;
  /** How long a query waits for a connection before it fails. */
  waitMs: number;
}

/**
 * The order in which waiting queries get a connection: first those of requests that have begun, so that each request
 * waits at most once; then those that a user waits for; then those that can wait. Within each group, the oldest first.
 */
export const PRIORITIES = ["begun", "interactive", "bulk"] as const;
export type Priority = typeof PRIORITIES[number];

/** How long the server may take to accept a connection, or to answer on one that was idle. */
const CONNECT_MS = 3_000;
/** After the server refused a connection, the next try comes after this delay, which doubles up to a limit. */
const RETRY_AFTER_MS = { first: 25, most: 400 };

type Timer = ReturnType<typeof setTimeout>;

interface Place {
  connection: Connection;
  /** Other queries' statements may be in flight on it. */
  isBehindOthers: boolean;
}

interface Waiter {
  /** For a transaction, exclusively. */
  exclusive: boolean;
  resolve(place: Place): void;
  reject(error: unknown): void;
}

/** Sends the statements of one transaction. */
export type Ask = (statement: Statement) => Promise<Rows>;

/**
 * Connections that are opened when needed and replaced when lost. A query gets a connection that is known to be alive
 * and on which it was not sent before; after that it is sent once. If its connection is lost, the query fails and may
 * have taken effect: the caller knows whether it may be repeated.
 */
export class ConnectionPool {
  readonly #options: PoolOptions;
  readonly #idle: { connection: Connection; timer: Timer }[] = [];
  readonly #waiting = new Map<Priority, Set<Waiter>>(
    PRIORITIES.map((priority) => [priority, new Set()]),
  );
  /** All connections: idle, in use, and opening. */
  readonly #connections = new Set<Connection>();
  #preparing = 0;
  /** Why the latest connection could not be opened. */
  #fault: unknown;
  #isRetryPending = false;
  #retryMs = RETRY_AFTER_MS.first;
  #isEnding = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  async ask(query: Statement, priority: Priority): Promise<Rows> {
    const { connection, isBehindOthers } = await this.#take(
      priority,
      this.#deadline(),
      false,
    );
    const answer = connection.ask(query)
      .finally(() => this.#release(connection));
    return await (isBehindOthers ? this.#withTimeout(answer) : answer);
  }

  /** The answer to a statement that earlier statements may delay; after the time-out it may still take effect. */
  async #withTimeout(answer: Promise<Rows>): Promise<Rows> {
    const { waitMs } = this.#options;
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      const message = `the database did not get to the statement within ${waitMs} ms`;
      late.reject(withCode("POOL_EXHAUSTED", message));
    }, waitMs);
    // A later error belongs to a statement that has already been reported as late.
    answer.catch(() => {});
    try {
      return await Promise.race([answer, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** @throws what `run` throws, and the first failure of a statement, even if `run` did not await it */
  async transact<T>(
    run: (ask: Ask) => Promise<T>,
    priority: Priority,
  ): Promise<T> {
    const connection = await this.#begin(priority);
    let last: Promise<unknown> = Promise.resolve();
    let failure: { error: unknown } | undefined;
    let isOver = false;
    const ask: Ask = (query) => {
      const answer = last.then(() => {
        if (isOver) throw new Error("the transaction is over");
        return connection.ask(query);
      });
      last = answer.catch((error) => failure ??= { error });
      return answer;
    };
    try {
      const result = await run(ask);
      await last;
      if (failure) throw failure.error;
      isOver = true;
      await connection.ask(statement`commit`);
      return result;
    } catch (error) {
      // Queued statements are not sent any more; sent ones are awaited.
      if (!isOver) {
        isOver = true;
        await last;
        await connection.ask(statement`rollback`)
          .catch(() => connection.discard());
      }
      throw error;
    } finally {
      this.#release(connection);
    }
  }

  /** @param ms how long those in use have to finish */
  async end(ms: number): Promise<void> {
    this.#isEnding = true;
    this.#refuseAll(connectionLost());
    for (const { connection, timer } of this.#idle.splice(0)) {
      clearTimeout(timer);
      connection.close();
    }
    const until = performance.now() + ms;
    while (this.#connections.size > 0 && performance.now() < until) {
      await pause(10);
    }
    for (const connection of this.#connections) connection.discard();
  }

  #deadline(): number {
    return performance.now() + this.#options.waitMs;
  }

  /** Nothing has taken effect before the transaction begins, so a lost connection is retried. */
  async #begin(priority: Priority): Promise<Connection> {
    const deadline = this.#deadline();
    for (;;) {
      const { connection } = await this.#take(priority, deadline, true);
      try {
        await connection.ask(statement`begin`);
        return connection;
      } catch (error) {
        this.#release(connection);
        if (!connection.isLost || performance.now() > deadline) throw error;
      }
    }
  }

  #take(
    priority: Priority,
    deadline: number,
    exclusive: boolean,
  ): Promise<Place> {
    if (this.#isEnding) return Promise.reject(connectionLost());
    return new Promise((resolve, reject) => {
      const waiting = this.#waiting.get(priority)!;
      const waiter: Waiter = {
        exclusive,
        resolve(place) {
          clearTimeout(timer);
          resolve(place);
        },
        reject(error) {
          clearTimeout(timer);
          reject(error);
        },
      };
      const timer = setTimeout(() => {
        waiting.delete(waiter);
        reject(this.#exhausted());
      }, deadline - performance.now());
      waiting.add(waiter);
      this.#serve();
    });
  }

  #exhausted(): Error {
    const within = `within ${this.#options.waitMs} ms`;
    return withCode(
      "POOL_EXHAUSTED",
      this.#fault instanceof Error
        ? `no connection to the database could be made ${within}: ${this.#fault.message}`
        : `no connection to the database came free ${within}`,
      this.#fault,
    );
  }

  #release(connection: Connection): void {
    connection.users--;
    connection.isReserved = false;
    if (connection.isLost) return;
    if (connection.users === 0) this.#putBy(connection);
    this.#serve();
  }

  #putBy(connection: Connection): void {
    if (this.#isEnding) return connection.close();
    // The most recently used connection is used next, so that connections the load does not need become idle and close.
    const timer = setTimeout(
      () => connection.close(),
      this.#options.idleMs,
    );
    this.#idle.push({ connection, timer });
  }

  #onLost(connection: Connection): void {
    this.#connections.delete(connection);
    const at = this.#idle.findIndex((idle) => idle.connection === connection);
    if (at >= 0) clearTimeout(this.#idle.splice(at, 1)[0].timer);
    this.#serve();
  }

  /** Gives waiting queries the free connections, in their order, and opens more for the rest. */
  #serve(): void {
    let isBusy = false;
    for (let next = this.#next(); next; next = this.#next()) {
      let connection = this.#takeIdle();
      if (!connection && !next.waiter.exclusive) {
        connection = this.#responsive();
        isBusy ||= connection !== undefined;
      }
      if (!connection) break;
      next.waiting.delete(next.waiter);
      const isBehindOthers = connection.users > 0;
      connection.users++;
      connection.isReserved = next.waiter.exclusive;
      next.waiter.resolve({ connection, isBehindOthers });
    }
    const needed = this.#waitingCount() + (isBusy ? 1 : 0);
    while (
      needed > this.#preparing && !this.#isRetryPending && !this.#isEnding &&
      this.#connections.size < this.#options.max
    ) this.#open();
  }

  /** The most recently used connection, if it is known to be alive; else the idle connections are checked. */
  #takeIdle(): Connection | undefined {
    while (this.#idle.length > 0) {
      const { connection, timer } = this.#idle.at(-1)!;
      const { isAlive } = connection;
      if (!isAlive && this.#waitingCount() <= this.#preparing) return;
      this.#idle.pop();
      clearTimeout(timer);
      if (isAlive) return connection;
      this.#check(connection);
    }
  }

  /** Of the connections in use that answer promptly, the one with the fewest statements in flight. */
  #responsive(): Connection | undefined {
    let best: Connection | undefined;
    for (const connection of this.#connections) {
      if (
        connection.isResponsive && !(best && best.users <= connection.users)
      ) {
        best = connection;
      }
    }
    return best;
  }

  async #open(): Promise<void> {
    const connection = new Connection(
      this.#options,
      () => this.#onLost(connection),
    );
    this.#connections.add(connection);
    this.#preparing++;
    try {
      await connection.prepare(CONNECT_MS);
      this.#fault = undefined;
      this.#retryMs = RETRY_AFTER_MS.first;
    } catch (fault) {
      this.#fault = fault;
      if (isPermanent(fault)) this.#refuseAll(fault);
      this.#scheduleRetry();
    }
    this.#prepared(connection);
  }

  /** Checks a connection that was idle for long; if it is lost, another is opened. */
  async #check(connection: Connection): Promise<void> {
    this.#preparing++;
    await connection.prepare(CONNECT_MS).catch(() => {});
    this.#prepared(connection);
  }

  #prepared(connection: Connection): void {
    this.#preparing--;
    if (!connection.isLost) this.#putBy(connection);
    this.#serve();
  }

  #scheduleRetry(): void {
    if (this.#isRetryPending) return;
    this.#isRetryPending = true;
    setTimeout(() => {
      this.#isRetryPending = false;
      this.#serve();
    }, this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_AFTER_MS.most);
  }

  #waitingCount(): number {
    return PRIORITIES.reduce(
      (n, priority) => n + this.#waiting.get(priority)!.size,
      0,
    );
  }

  #next(): { waiter: Waiter; waiting: Set<Waiter> } | undefined {
    for (const priority of PRIORITIES) {
      const waiting = this.#waiting.get(priority)!;
      for (const waiter of waiting) return { waiter, waiting };
    }
  }

  #refuseAll(error: unknown): void {
    for (const waiting of this.#waiting.values()) {
      for (const waiter of waiting) waiter.reject(error);
      waiting.clear();
    }
  }
}

/** A wrong password stays wrong; anything else may pass: a server that starts, is full, or cannot be reached. */
function isPermanent(fault: unknown): boolean {
  return fault instanceof postgres.PostgresError &&
    /^(28|3D)/.test(fault.code);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
