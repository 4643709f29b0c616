/** One unit of work of a measurement. */
export interface Job {
  /** A UUID. */
  id: string;
  /** A single job, or one that is handed on until it has passed all three steps. */
  kind: "single" | "chain";
  /** How long its task takes; 0 for nothing at all. */
  sleepMs: number;
}

/** Each step has a queue of its own; a single job has step 1 only. */
export const STEPS = 3;

/**
 * A queue, with the worker that serves it in a process of its own. Jobs are enqueued by the measuring process and report
 * to its collector when they begin.
 */
export interface Competitor {
  readonly name: string;
  /** What it is and how it is set, in a few words. */
  readonly about: string;
  /** The steps that each kind of job passes, in order. */
  readonly steps: Record<Job["kind"], readonly number[]>;
  /** What a backlog is made of. */
  readonly backlogOf: Job["kind"];
  /** The floor under the others is none: it has one job at a time, and nothing to drain. */
  readonly isQueue: boolean;
  /** How often it looks for work when nothing tells it, in milliseconds; 0 if it is told. */
  readonly pollMs: number;

  /** Makes its schema and queues; once, before all rounds. */
  install(): Promise<void>;
  /** Starts the worker and waits until it listens. `slots`: tasks at a time, in place of the default. */
  start(slots?: number): Promise<void>;
  /** Ends the worker. */
  stop(): Promise<void>;
  /** Brings into being what the jobs need before they can be enqueued; not measured. */
  prepare(jobs: Job[]): Promise<void>;
  /** In one transaction, which has committed when the promise settles. */
  enqueue(jobs: Job[]): Promise<void>;
  /** Whether any job of a backlog is still waiting or not yet acknowledged. */
  isWorking(): Promise<boolean>;
  /** Throws away all jobs. The worker does not run. */
  clear(): Promise<void>;
  /** Ends the measuring process' connections. */
  close(): Promise<void>;
}

/** What the steps are for a queue that knows nothing of stages. */
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

/** The handler that the peers share: report, take the time that was asked for, hand on. */
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

/** The name of a step's queue, for all peers. */
export function queueOf(step: number): string {
  return `step_${step}`;
}
