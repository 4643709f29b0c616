import { deferred } from "./deferred.ts";
import { groupRegistration } from "./group_registration.ts";
import { createObservable } from "./observable.ts";
import type { PipelineError } from "./pipeline_error.ts";
import { createTask, type RunningTask, type TaskContext } from "./run_upload.ts";
import { createSlots } from "./slots.ts";
import { isAtRest, isOver } from "./upload_states.ts";
import type {
  BatchItem,
  BatchOutcome,
  BatchSnapshot,
  TaskProgress,
  UploadAllOptions,
  UploadBatch,
} from "./upload_task.ts";

/** The errors that the files to come would meet as well, each at the cost of a request. */
const CONCERNS_ALL = [
  "daily_limit",
  "rate_limited",
  "session_expired",
  "user_changed",
  "consent_required",
  "insecure_context",
];

const AT_ONCE = 2;

/** Begins to upload several files, a few at a time. */
export function startBatch(
  context: TaskContext,
  files: Iterable<BatchItem>,
  { atOnce = AT_ONCE, ...shared }: UploadAllOptions,
): UploadBatch {
  let tasks: RunningTask[] = [];
  const unsubscribe = new Map<RunningTask, () => void>();
  let isPaused = false;
  let error: PipelineError | null = null;
  let ended = deferred<BatchOutcome[]>();

  const { longestDelaySeconds } = context.retryPolicy;
  const shares: TaskContext = {
    ...context,
    ...groupRegistration(context),
    sending: createSlots(atOnce),
    pausesAll(cause) {
      const isShort = cause.retryAfter !== null && cause.retryAfter <= longestDelaySeconds;
      if (!CONCERNS_ALL.includes(cause.code) || isShort) return false;
      pauseFor(cause);
      return true;
    },
  };

  const cell = createObservable<BatchSnapshot>(snapshotNow());

  function snapshotNow(): BatchSnapshot {
    const snapshots = tasks.map((task) => task.snapshot());
    return {
      state: snapshots.every(isOver) ? "idle" : isPaused ? "paused" : "running",
      tasks: snapshots,
      progress: snapshots.reduce(sum, { hashed: 0, sent: 0, total: 0 }),
      error,
    };
  }

  function changed(): void {
    const snapshot = snapshotNow();
    const isStill = error ? snapshot.tasks.every(isAtRest) : snapshot.state === "idle";
    if (isStill) ended.resolve(tasks.map(outcomeOf));
    else if (ended.isSettled) ended = deferred();
    cell.set(snapshot);
  }

  function pauseFor(cause: PipelineError | null): void {
    isPaused = true;
    error = cause;
    for (const task of tasks) task.pauseFor(cause);
    changed();
  }

  function add(items: Iterable<BatchItem>): RunningTask[] {
    const added = [...items].map((item) => {
      const { file, ...options } = item instanceof Blob ? { file: item } : item;
      const task = createTask(shares, file, { ...shared, ...options });
      unsubscribe.set(task, task.subscribe(changed));
      if (isPaused) task.pauseFor(error);
      return task;
    });
    tasks = [...tasks, ...added];
    changed();
    return added;
  }

  function resume(): void {
    isPaused = false;
    error = null;
    for (const task of tasks) if (task.state === "paused") task.resume();
    changed();
  }

  add(files);
  return {
    get tasks() {
      return tasks;
    },
    get result() {
      return ended.promise;
    },
    add,
    pause: () => pauseFor(null),
    resume,
    async abort() {
      await Promise.all(tasks.map((task) => task.abort()));
      changed();
    },
    clear() {
      const over = tasks.filter(isOver);
      tasks = tasks.filter((task) => !over.includes(task));
      for (const task of over) {
        unsubscribe.get(task)?.();
        unsubscribe.delete(task);
        // What cannot be deleted expires by itself.
        if (task.state === "failed") void task.abort();
      }
      changed();
    },
    snapshot: cell.get,
    subscribe: cell.subscribe,
  };
}

function outcomeOf(task: RunningTask): BatchOutcome {
  const { id, filename, uploaded, error } = task.snapshot();
  const about = { id, file: task.file, filename };
  return uploaded ? { ...about, ok: true, uploaded } : { ...about, ok: false, error: error! };
}

function sum(a: TaskProgress, { progress: b }: { progress: TaskProgress }): TaskProgress {
  return { hashed: a.hashed + b.hashed, sent: a.sent + b.sent, total: a.total + b.total };
}
