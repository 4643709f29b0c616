import type { Logger } from "../_shared/log.ts";
import { attempt } from "./attempt.ts";
import type { BegunRun, Continuation, EndedAttempt, Leases, RunEnd } from "./leases.ts";
import { Settler } from "./settler.ts";
import { Slots } from "./slots.ts";
import type { Job, Stage } from "./stage.ts";

/** While some slots are busy and others are free, how often to claim. */
const IDLE_SLOT_POLL_MS = 300;
/** How long to wait for a due message that another transaction has locked. */
const CONTENTION_PAUSE_MS = 20;
/** How long running attempts may go on once the run takes no new work. */
const GRACE_MS = 20_000;
/** How long aborted attempts have to return their jobs. */
const RELEASE_MS = 2_000;
/** Reasons of a shutdown that leave a tenth of the resource: enough to return jobs, not to finish them. */
const SCARCE: unknown[] = ["cpu", "memory"];

export interface RunOptions {
  leases: Leases;
  log: Logger;
  /** When the run takes no new work any more, so that it ends before the platform ends it; in ms since 1970. */
  deadline: number;
  /** Aborts when the platform is about to end this worker, with `cpu` or `memory` as the reason if that is nearly used up. */
  shutdown: AbortSignal;
  /** Works a run that continues inline at the next stage. Without it, the database wakes another invocation. */
  continueInline?(run: BegunRun): void;
}

/** How a run ended. */
export interface RunResult {
  end: RunEnd;
  settledCount: number;
}

/** Works a run that has begun, until it ends. */
export function runStage(
  stage: Stage,
  run: BegunRun,
  options: RunOptions,
): Promise<RunResult> {
  return new StageRun(stage, run, options).work();
}

/**
 * What a run is doing. Whenever an attempt ends it settles, and that transaction may claim messages for the slots that become
 * free, or continue inline at the next stage.
 *
 * - `claiming`: The queue may have due messages, so the run claims as soon as a slot is free.
 * - `working`: The latest claim found fewer messages than it asked for, so the run waits for an attempt to end, and claims
 *   every IDLE_SLOT_POLL_MS. Without a running attempt it ends as drained.
 * - `continued`: The database ended the run when its last jobs continued inline, so the run only finishes what a claim that
 *   was under way has found.
 * - `draining`: The run takes no new work, since its time is over, a stage needs a new invocation, the worker shuts down or
 *   the database failed. Running attempts may finish within GRACE_MS; the rest return their jobs.
 */
type Mode = "claiming" | "working" | "continued" | "draining";

interface RunningAttempt {
  job: Job;
  abort: AbortController;
  ended: Promise<void>;
}

/**
 * One run of a stage. Slots refill one by one, so that a fast job never waits behind a slow one, and a timer extends
 * the leases of running attempts.
 */
class StageRun {
  readonly #stage: Stage;
  readonly #run: BegunRun;
  readonly #options: RunOptions;
  readonly #slots: Slots;
  readonly #attempts = new Map<string, RunningAttempt>();
  readonly #settler = new Settler((batch) => this.#settle(batch));
  #mode: Mode = "claiming";
  /** Why the run ends, once it does. */
  #end: RunEnd = "drained";
  #settledCount = 0;

  constructor(stage: Stage, run: BegunRun, options: RunOptions) {
    this.#stage = stage;
    this.#run = run;
    this.#options = options;
    this.#slots = new Slots(run.terms.slots);
  }

  async work(): Promise<RunResult> {
    const { shutdown } = this.#options;
    // One listener a run, removed at its end: the signal lives as long as the isolate, which serves many runs.
    const stopping = Promise.withResolvers<void>();
    const stop = () => stopping.resolve();
    shutdown.addEventListener("abort", stop);
    if (shutdown.aborted) stop();
    const stopExtending = this.#extendLeases();
    try {
      if (this.#run.jobs) this.#take(this.#run.jobs, this.#slots.count);
      await this.#workUntilDrained(stopping.promise);
      if (this.#mode === "draining") await this.#drain(stopping.promise);
    } catch (error) {
      this.#mode = "draining";
      this.#end = "failed";
      await this.#drain(stopping.promise);
      throw error;
    } finally {
      shutdown.removeEventListener("abort", stop);
      stopExtending();
    }
    return { end: this.#end, settledCount: this.#settledCount };
  }

  /** Returns once the database has ended the run as drained, or the run is to drain. */
  async #workUntilDrained(stopping: Promise<void>): Promise<void> {
    for (;;) {
      await this.#nextEvent(stopping);
      if (this.#options.shutdown.aborted) this.#stopTaking("shutdown");
      else if (Date.now() >= this.#options.deadline) this.#stopTaking("budget");
      switch (this.#mode) {
        case "claiming":
          await this.#claim();
          break;
        case "working":
          if (this.#attempts.size > 0) break;
          if (await this.#endRun()) return;
          await this.#claim();
          // A due message that cannot be claimed is locked by another transaction.
          if (this.#attempts.size === 0) await wait(CONTENTION_PAUSE_MS);
          break;
        case "continued":
          if (this.#attempts.size === 0) return;
          break;
        case "draining":
          return;
      }
    }
  }

  /** Resolves when an attempt has ended, the worker shuts down, or it is time to claim; at once if no attempt runs. */
  async #nextEvent(stopping: Promise<void>): Promise<void> {
    const ended = [...this.#attempts.values()].map((each) => each.ended);
    if (ended.length === 0) return;
    const isIdle = await Promise.race([
      ...ended.map((each) => each.then(() => false)),
      stopping.then(() => false),
      ...this.#slots.free > 0 ? [wait(IDLE_SLOT_POLL_MS).then(() => true)] : [],
    ]);
    if (isIdle && this.#mode === "working") this.#mode = "claiming";
  }

  /** Claims for all free slots. */
  async #claim(): Promise<void> {
    const { leases } = this.#options;
    const limit = this.#slots.free;
    if (limit <= 0) return;
    const jobs = await this.#slots.reserve(
      limit,
      () => leases.claim(this.#stage.name, limit, this.#run.runId),
    );
    this.#take(jobs, limit);
  }

  /** Begins attempts at jobs that a claim with this limit has returned. */
  #take(jobs: Job[], limit: number): void {
    if (this.#takesWork) {
      this.#mode = jobs.length >= limit ? "claiming" : "working";
    }
    for (const job of jobs) this.#begin(job);
  }

  #begin(job: Job): void {
    const { messageId } = job.lease;
    const abort = new AbortController();
    // A job that comes once the run drains is returned.
    if (this.#mode === "draining") abort.abort("shutdown");
    const ended = attempt(this.#stage, job, {
      settler: this.#settler,
      log: this.#options.log,
      signal: abort.signal,
      // Before the message is due again, so that a claim that is under way does not keep it in this invocation.
      onContinue: () => this.#stopTaking("budget"),
    }).then((ending) => {
      if (ending !== "lost") this.#settledCount++;
      this.#attempts.delete(messageId);
      // The settlement has not claimed for this slot. A run without attempts asks whether it may end instead.
      const isVacant = this.#slots.vacate(messageId);
      if (isVacant && this.#attempts.size > 0 && this.#mode === "working") {
        this.#mode = "claiming";
      }
    });
    this.#attempts.set(messageId, { job, abort, ended });
    this.#slots.occupy(messageId);
  }

  /** Settles attempts in one transaction, in which the run continues. */
  async #settle(batch: EndedAttempt[]): Promise<Set<string>> {
    const { leases } = this.#options;
    const { name } = this.#stage;
    const continuation = this.#continuationOf(batch);
    if (continuation?.kind !== "claim") {
      const settled = await leases.settle(name, batch, continuation);
      if (settled.next) {
        if (settled.runEnded && this.#takesWork) this.#mode = "continued";
        this.#options.continueInline!(settled.next);
      }
      return settled.messageIds;
    }

    const { limit } = continuation;
    const { messageIds, claimed } = await this.#slots.reserve(
      limit,
      () => leases.settle(name, batch, continuation),
    );
    for (const { lease } of batch) this.#slots.vacate(lease.messageId);
    if (claimed) this.#take(claimed, limit);
    else if (this.#takesWork) this.#mode = "claiming";
    return messageIds;
  }

  /**
   * A lone document continues inline, which spares it a wake-up at each stage. Of many documents each stage gets
   * invocations of its own, and this run claims for the slots that become free, which spares it a round trip.
   */
  #continuationOf(batch: EndedAttempt[]): Continuation | undefined {
    const { shutdown, deadline, continueInline } = this.#options;
    const { runId } = this.#run;
    if (
      !this.#takesWork || shutdown.aborted || Date.now() >= deadline ||
      batch.some(({ settlement }) => settlement.outcome !== "done")
    ) return;
    if (this.#mode === "working" && batch.length === this.#slots.occupied) {
      return continueInline && {
        kind: "inline",
        runId,
        nextRunId: crypto.randomUUID(),
        settledCount: this.#settledCount,
      };
    }
    const limit = this.#slots.free + batch.length;
    return limit > 0 ? { kind: "claim", runId, limit } : undefined;
  }

  get #takesWork(): boolean {
    return this.#mode === "claiming" || this.#mode === "working";
  }

  #stopTaking(end: RunEnd): void {
    if (this.#mode === "draining") return;
    this.#mode = "draining";
    this.#end = end;
  }

  /** @returns false if the run was drained, and messages have become due since */
  async #endRun(): Promise<boolean> {
    return await this.#options.leases.endRun(
      this.#stage.name,
      this.#run.runId,
      this.#end,
      this.#settledCount,
    );
  }

  /** Lets running attempts finish, within GRACE_MS and while there is CPU time and memory; then they return their jobs. */
  async #drain(stopping: Promise<void>): Promise<void> {
    const runsOut = stopping.then(() => SCARCE.includes(this.#options.shutdown.reason) ? undefined : NEVER);
    await Promise.race([this.#allEnded(), wait(GRACE_MS), runsOut]);
    for (const { abort } of this.#attempts.values()) abort.abort("shutdown");
    await Promise.race([this.#allEnded(), wait(RELEASE_MS)]);
    await this.#endRun();
  }

  async #allEnded(): Promise<void> {
    while (this.#attempts.size > 0) {
      await Promise.all([...this.#attempts.values()].map(({ ended }) => ended));
    }
  }

  /**
   * Extends the leases of running attempts well before they end, and aborts attempts whose lease is lost.
   * @returns stops that
   */
  #extendLeases(): () => void {
    const { leases, log } = this.#options;
    const { runId, terms } = this.#run;
    const stage = this.#stage.name;
    const extend = async () => {
      const running = [...this.#attempts.values()];
      if (running.length === 0) return;
      try {
        const held = await leases.extend(
          stage,
          running.map(({ job }) => job.lease),
          runId,
        );
        for (const each of running) {
          const { messageId } = each.job.lease;
          if (!held.has(messageId) && this.#attempts.get(messageId) === each) {
            each.abort.abort("lost");
          }
        }
      } catch (error) {
        // The timer tries again. If a lease ends, the fence keeps the late worker from changing anything.
        log.warn("leases not extended", { stage, error });
      }
    };
    const timer = setInterval(extend, terms.leaseSeconds * 1000 / 3);
    return () => clearInterval(timer);
  }
}

const NEVER = new Promise<void>(() => {});

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
