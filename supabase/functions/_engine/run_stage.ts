import type { Logger } from "../_shared/log.ts";
import { attempt } from "./attempt.ts";
import type { BegunRun, Leases, RunEnd, RunTerms } from "./leases.ts";
import { Settler } from "./settler.ts";
import type { Job, Stage } from "./stage.ts";

/** While some slots are busy and others idle, how often to look for new work. */
const IDLE_SLOT_POLL_MS = 300;
/** How long to leave a message alone that somebody else was faster to lock. */
const CONTENTION_PAUSE_MS = 20;
/** How long running tasks may go on once the invocation has stopped taking new ones. */
const GRACE_MS = 20_000;
/** How long tasks that were told to stop have for giving back what they hold. */
const RELEASE_MS = 2_000;
/** Of these the platform leaves a tenth when it tells: enough to give things back, not to go on. */
const SCARCE: unknown[] = ["cpu", "memory"];

export interface RunOptions {
  leases: Leases;
  log: Logger;
  /** When no new work is taken any more, so that the invocation ends before the platform ends it; in ms since 1970. */
  deadline: number;
  /** Aborts when the platform is about to end this worker, with `cpu` or `memory` as the reason if that is nearly used up. */
  shutdown: AbortSignal;
  /** Works a run that began at the next stage with what this one handed on. Without it, another invocation is woken. */
  follow?(run: BegunRun): void;
}

interface Task {
  job: Job;
  abort: AbortController;
  finished: Promise<void>;
}

/** What became of a run. */
export interface RunResult {
  end: RunEnd;
  settledCount: number;
}

/**
 * Works a run that has begun: the stage's queue, until it is empty, the deadline has come or the worker is told to shut down.
 * Slots refill one by one, so that a fast message never waits behind a slow one; every lease is prolonged on a timer for as
 * long as its task runs.
 */
export async function runStage(
  stage: Stage,
  { runId, terms, jobs }: BegunRun,
  options: RunOptions,
): Promise<RunResult> {
  const { leases, log, deadline, shutdown } = options;
  const tasks = new Map<string, Task>();
  let settledCount = 0;
  let needsNewInvocation = false;
  let end: RunEnd | undefined;
  // The messages that take up a slot, and how many more are being asked for.
  const busy = new Set<string>();
  let askedCount = 0;
  // Whether the latest look at the queue left something behind, for all that is known; and whether a settlement just took it.
  let hasBacklog = true;
  let hasLooked = false;
  // Whether the run ended when it followed its last documents to the next stage.
  let hasLeft = false;

  const freeSlots = () => terms.slots - busy.size - askedCount;

  const settler = new Settler(leases, stage.name, {
    // A lone document goes on in this invocation, which spares it a wake-up at each stage. Of many, each stage gets
    // invocations of its own, and this one claims for the slots that become free: one round trip does both.
    onwardWith(done) {
      if (
        end || needsNewInvocation || shutdown.aborted || Date.now() >= deadline
      ) {
        return;
      }
      if (done.length === busy.size && !hasBacklog) {
        const nextRunId = crypto.randomUUID();
        return options.follow &&
          { runId, follow: { settledCount, nextRunId } };
      }
      const claims = freeSlots() + done.length;
      if (claims <= 0) return;
      askedCount += claims;
      return { runId, claims };
    },
    goOn(done, { claims }, settled) {
      if (claims) {
        askedCount -= claims;
        for (const { messageId } of done) busy.delete(messageId);
        if (settled?.claimed) take(settled.claimed, claims);
        hasLooked = settled?.claimed != null;
      }
      if (settled?.next) {
        hasLeft = settled.hasLeft;
        options.follow!(settled.next);
      }
    },
  });

  const start = (job: Job) => {
    const { messageId } = job.lease;
    const abort = new AbortController();
    // What comes when the run is already ending is given back.
    if (end || needsNewInvocation) abort.abort("shutdown");
    const finished = attempt(stage, job, {
      settler,
      log,
      signal: abort.signal,
      // Before the message is free again, lest a look that is under way finds it and this invocation goes on after all.
      onContinue: () => needsNewInvocation = true,
    })
      .then((ending) => {
        if (ending !== "lost") settledCount++;
      })
      .finally(() => {
        tasks.delete(messageId);
        busy.delete(messageId);
      });
    tasks.set(messageId, { job, abort, finished });
    busy.add(messageId);
  };
  const take = (claimed: Job[], askedFor: number) => {
    hasBacklog = claimed.length >= askedFor;
    claimed.forEach(start);
  };
  /** Asks the queue for as much as there are free slots. */
  const refill = async () => {
    const free = freeSlots();
    if (free <= 0) return;
    askedCount += free;
    try {
      take(await leases.claim(stage.name, free, runId), free);
    } finally {
      askedCount -= free;
    }
  };
  const anyFinished = () =>
    Promise.race([...tasks.values()].map((task) => task.finished));

  // One listener a run, taken off at its end: the signal lives as long as the isolate, which serves many runs.
  const toldToStop = Promise.withResolvers<void>();
  const stop = () => toldToStop.resolve();
  shutdown.addEventListener("abort", stop);
  if (shutdown.aborted) stop();
  const runsOut = toldToStop.promise.then(() =>
    SCARCE.includes(shutdown.reason) ? undefined : NEVER
  );

  const stopKeeping = keepLeases(stage, tasks, runId, terms, options);
  try {
    if (jobs) take(jobs, terms.slots);
    else await refill();
    while (!end) {
      if (tasks.size > 0) {
        await Promise.race([
          anyFinished(),
          toldToStop.promise,
          ...busy.size < terms.slots ? [wait(IDLE_SLOT_POLL_MS)] : [],
        ]);
      }
      if (shutdown.aborted) end = "shutdown";
      else if (needsNewInvocation || Date.now() >= deadline) end = "budget";
      else if (hasLeft) {
        // But for what a look that was under way has still found.
        if (tasks.size === 0) return { end: "drained", settledCount };
      } else if (hasLooked && tasks.size > 0) hasLooked = false;
      else if (tasks.size > 0 || hasBacklog) await refill();
      else if (
        await leases.endRun(stage.name, runId, "drained", settledCount)
      ) return { end: "drained", settledCount };
      else {
        await refill();
        // Something is due that could not be claimed just now: another worker has it in its hands.
        if (tasks.size === 0) await wait(CONTENTION_PAUSE_MS);
      }
    }

    await finishOrRelease(tasks, runsOut);
    await leases.endRun(stage.name, runId, end, settledCount);
    return { end, settledCount };
  } catch (error) {
    end = "failed";
    await finishOrRelease(tasks, runsOut);
    await leases.endRun(stage.name, runId, end, settledCount);
    throw error;
  } finally {
    shutdown.removeEventListener("abort", stop);
    stopKeeping();
  }
}

/** Prolongs every running task's lease well before it ends; a task whose lease is lost anyway is told to stop. */
function keepLeases(
  stage: Stage,
  tasks: Map<string, Task>,
  runId: string,
  terms: RunTerms,
  { leases, log }: Pick<RunOptions, "leases" | "log">,
): () => void {
  const beat = async () => {
    const held = [...tasks.values()];
    if (held.length === 0) return;
    try {
      const kept = await leases.extend(
        stage.name,
        held.map((task) => task.job.lease),
        runId,
      );
      for (const task of held) {
        const { messageId } = task.job.lease;
        if (!kept.has(messageId) && tasks.get(messageId) === task) {
          task.abort.abort("lost");
        }
      }
    } catch (error) {
      // The next beat tries again; if none succeeds the fence keeps a late worker harmless.
      log.warn("leases not extended", { stage: stage.name, error });
    }
  };
  const timer = setInterval(beat, terms.leaseSeconds * 1000 / 3);
  return () => clearInterval(timer);
}

/**
 * Gives running tasks time to finish, unless what they need runs out; what does not finish is given back at once rather than
 * when its lease ends.
 */
async function finishOrRelease(
  tasks: Map<string, Task>,
  runsOut: Promise<void>,
): Promise<void> {
  const allFinished = async () => {
    while (tasks.size > 0) {
      await Promise.all([...tasks.values()].map((task) => task.finished));
    }
  };
  await Promise.race([allFinished(), wait(GRACE_MS), runsOut]);
  for (const task of tasks.values()) task.abort.abort("shutdown");
  await Promise.race([allFinished(), wait(RELEASE_MS)]);
}

const NEVER = new Promise<void>(() => {});

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
