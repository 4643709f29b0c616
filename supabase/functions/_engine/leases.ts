import type postgres from "postgres";
import type { Sql } from "../_shared/database.ts";
import type { Charge } from "./charges.ts";
import type { Composite } from "./composite.ts";
import type { Job, Lease, Settlement, StageName } from "./stage.ts";

/** How many messages a run processes at once, and how long a lease lasts. */
export interface RunTerms {
  slots: number;
  leaseSeconds: number;
}

/** A run that the database has begun. */
export interface BegunRun {
  stage: StageName;
  runId: string;
  terms: RunTerms;
  /** Its first jobs; null if the run has to claim them itself. */
  jobs: Job[] | null;
}

/** An attempt that has ended. */
export interface EndedAttempt {
  lease: Lease;
  settlement: Settlement;
  /** They count even if the lease was lost. */
  charges: Charge[];
}

/**
 * How a run continues in the transaction in which it settles.
 * - `claim`: it claims more messages of its stage
 * - `inline`: another run begins at the next stage with the settled jobs, if nothing else waits there
 */
export type Continuation =
  | { kind: "claim"; runId: string; limit: number }
  | {
    kind: "inline";
    runId: string;
    nextRunId: string;
    /** What the run has settled before. */
    settledCount: number;
  };

/** What a transaction that settled attempts has done. */
export interface Settled {
  /** The messages whose settlement took effect; the other leases were lost. */
  messageIds: Set<string>;
  /** The run that continues inline at the next stage; null if none does. */
  next: BegunRun | null;
  /** Whether the run that settled has ended with that. */
  runEnded: boolean;
  /** What the run that settled has claimed; null if it has to claim itself. */
  claimed: Job[] | null;
}

/** Why a run ended. */
export type RunEnd = "drained" | "budget" | "shutdown" | "failed";

/** The queues and runs of the database, as the engine uses them. */
export interface Leases {
  /** @returns null if enough runs of the stage are running */
  beginRun(stage: StageName, runId: string): Promise<BegunRun | null>;
  /** @returns false if messages have become due, so that a drained run continues */
  endRun(
    stage: StageName,
    runId: string,
    end: RunEnd,
    settledCount: number,
  ): Promise<boolean>;
  claim(stage: StageName, limit: number, runId: string): Promise<Job[]>;
  /** @returns the message ids of the leases still held */
  extend(
    stage: StageName,
    leases: Lease[],
    runId: string,
  ): Promise<Set<string>>;
  /** Settles them all in one transaction. */
  settle(
    stage: StageName,
    ended: EndedAttempt[],
    continuation?: Continuation,
  ): Promise<Settled>;
}

/** The lease as the database's functions take it. */
export function leaseOf(sql: Sql, lease: Lease) {
  return sql`row(${lease.stage}, ${lease.messageId}, ${lease.readCount})::pipeline_internal.lease`;
}

export function createLeases(sql: Sql): Leases {
  // A commit that only says which run works on what need not wait for the disk: the WAL is one sequence, so whatever a
  // worker commits durably later makes its claim durable too. A claim that a crash undoes is made once more, and of two
  // workers with the same lease the first to settle counts.
  const asynchronousCommit = sql`set_config('synchronous_commit', 'off', true)`;

  return {
    async beginRun(stage, runId) {
      const [row] = await sql<RunRow[]>`
        select run.slots, run.lease_seconds, to_jsonb(run.attempts) as attempts
        from ${asynchronousCommit}, pipeline_internal.start_run(${stage}, ${runId}) run`;
      return row ? toRun(stage, runId, row) : null;
    },

    async endRun(stage, runId, end, settledCount) {
      const [{ ended }] = await sql<{ ended: boolean }[]>`
        select ended from ${asynchronousCommit},
          pipeline_internal.end_run(${stage}, ${runId}, ${end}, ${settledCount}) ended`;
      return ended;
    },

    async claim(stage, limit, runId) {
      const rows = await sql<ClaimedRow[]>`
        select job.* from ${asynchronousCommit}, pipeline_internal.claim(${stage}, ${limit}, ${runId}) job`;
      return rows.map((row) => toJob(stage, row));
    },

    async extend(stage, leases, runId) {
      const held = await sql<{ msg_id: string }[]>`
        select msg_id::text from ${asynchronousCommit}, pipeline_internal.extend_leases(
          ${stage}, ${leases.map((lease) => lease.messageId)}::bigint[],
          ${leases.map((lease) => lease.readCount)}::int[], ${runId}) msg_id`;
      return new Set(held.map((row) => row.msg_id));
    },

    async settle(stage, ended, continuation) {
      const rows = sql.json(ended.map(toRow) as postgres.JSONValue);
      const limit = continuation?.kind === "claim" ? continuation.limit : 0;
      const inline = continuation?.kind === "inline" ? continuation : null;
      const [row] = await sql<SettledRow[]>`
        select settled::text[], to_jsonb(attempts) as attempts, next_stage, slots, lease_seconds, run_ended
        from pipeline_internal.settle_and_continue(
          ${stage},
          array(select s from jsonb_populate_recordset(null::pipeline_internal.settlement, ${rows}) s),
          ${continuation?.runId ?? null}::uuid, ${limit}, ${inline?.nextRunId ?? null}::uuid, ${
        inline?.settledCount ?? 0
      })`;
      return {
        messageIds: new Set(row.settled),
        next: row.next_stage ? toRun(row.next_stage, inline!.nextRunId, row) : null,
        runEnded: row.run_ended,
        claimed: row.next_stage ? null : toJobs(stage, row),
      };
    },
  };
}

/** `Composite<"settlement">`, with the message's id as text, and an output of any stage. */
type SettlementRow =
  & Partial<Omit<Composite<"settlement">, "msg_id" | "output">>
  & { msg_id: string; output?: object };

function toRow({ lease, settlement, charges }: EndedAttempt): SettlementRow {
  const { afterSeconds, ...rest } = "afterSeconds" in settlement
    ? settlement
    : { ...settlement, afterSeconds: undefined };
  return {
    ...rest,
    msg_id: lease.messageId,
    read_ct: lease.readCount,
    after_seconds: afterSeconds,
    charges: charges.length > 0 ? charges : undefined,
  };
}

export interface RunRow {
  slots: number;
  lease_seconds: number;
  attempts: ClaimedRow[] | null;
}

interface SettledRow extends RunRow {
  settled: string[];
  next_stage: StageName | null;
  run_ended: boolean;
}

export function toRun(stage: StageName, runId: string, row: RunRow): BegunRun {
  return {
    stage,
    runId,
    terms: { slots: row.slots, leaseSeconds: row.lease_seconds },
    jobs: toJobs(stage, row),
  };
}

function toJobs(stage: StageName, { attempts }: RunRow): Job[] | null {
  return attempts?.map((row) => toJob(stage, row)) ?? null;
}

type AttemptRow = Composite<"attempt">;
type Bigint = "msg_id" | "bytes_len";
type Nullable = "parsed_path" | "page_starts" | "resume" | "correlation_id";

/** `Composite<"attempt">`, with what may be null, and a bigint that is text unless it is in JSON. */
export type ClaimedRow =
  & {
    [F in Exclude<keyof AttemptRow, Bigint | Nullable>]: NonNullable<
      AttemptRow[F]
    >;
  }
  & Pick<AttemptRow, Nullable>
  & Record<Bigint, string | number>;

export function toJob(stage: StageName, row: ClaimedRow): Job {
  return {
    lease: { stage, messageId: String(row.msg_id), readCount: row.read_ct },
    jobId: row.job_id,
    documentId: row.document_id,
    userId: row.user_id,
    mime: row.mime,
    bytesLen: Number(row.bytes_len),
    sha256: row.file_sha256,
    rawPath: row.raw_path,
    originalPath: row.original_path,
    isVerified: row.is_verified,
    parsedPath: row.parsed_path,
    pageStarts: row.page_starts ?? [],
    ocr: row.ocr,
    resume: row.resume,
    attempt: row.attempt,
    correlationId: row.correlation_id,
  };
}
