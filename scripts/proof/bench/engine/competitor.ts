/** One unit of work of a measurement. */
export interface Job {
  /** A UUID. */
  id: string;
  /** A single job, or one that passes all three steps. */
  kind: "single" | "chain";
  /** The duration of its task; 0 for no work. */
  sleepMs: number;
}

/** Each step has its own queue; a single job has step 1 only. */
export const STEPS = 3;

/**
 * A queue and its worker process. The measuring process enqueues jobs, which report to its collector when they start.
 */
export interface Competitor {
  readonly name: string;
  /** The competitor and its settings, in a few words. */
  readonly about: string;
  /** The steps that each kind of job passes, in order. */
  readonly steps: Record<Job["kind"], readonly number[]>;
  /** The kind of job in a backlog. */
  readonly backlogOf: Job["kind"];
  /** The baseline has no backlog: it holds one job at a time. */
  readonly isQueue: boolean;
  /** The polling interval in milliseconds; 0 if the worker is notified. */
  readonly pollMs: number;

  /** Creates its schema and queues, once, before all rounds. */
  install(): Promise<void>;
  /** Starts the worker and waits until it listens. `slots` replaces the default number of concurrent tasks. */
  start(slots?: number): Promise<void>;
  /** Stops the worker. */
  stop(): Promise<void>;
  /** Creates what the jobs need before they are enqueued; not measured. */
  prepare(jobs: Job[]): Promise<void>;
  /** Enqueues in one transaction, which has committed when the promise settles. */
  enqueue(jobs: Job[]): Promise<void>;
  /** Whether any job of a backlog is waiting or unacknowledged. */
  isWorking(): Promise<boolean>;
  /** Deletes all jobs while the worker is stopped. */
  clear(): Promise<void>;
  /** Closes the measuring process' connections. */
  close(): Promise<void>;
}

/** The steps for a queue without stages. */
export const PLAIN_STEPS = { single: [1], chain: [1, 2, 3] } as const;

export function makeJobs(
  count: number,
  kind: Job["kind"] = "single",
  sleepMs = 0,
): Job[] {
  return Array.from({ length: count }, () => ({
    id: crypto.randomUUID(),
    kind,
    sleepMs,
  }));
}

/** The handler that the competitors share: report, take the requested time, enqueue the next step. */
export function createHandler(options: {
  started(jobId: string, step: number): void;
  enqueue(step: number, job: Job): Promise<unknown>;
}): (step: number, job: Job) => Promise<void> {
  return async (step, job) => {
    options.started(job.id, step);
    if (job.sleepMs > 0) {
      await new Promise((resolve) => setTimeout(resolve, job.sleepMs));
    }
    if (job.kind === "chain" && step < STEPS) {
      await options.enqueue(step + 1, job);
    }
  };
}

/** The name of a step's queue, for all competitors. */
export function queueOf(step: number): string {
  return `step_${step}`;
}
