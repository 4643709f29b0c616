import type postgres from "postgres";
import type { Sql } from "../_shared/database.ts";
import type { Charge } from "./charges.ts";
import type { Job, Lease, Settlement, StageName } from "./stage.ts";

/** How many messages an invocation works at once, and how long a lease lasts. */
export interface RunTerms {
  slots: number;
  leaseSeconds: number;
}

/** An invocation that the database has admitted. */
export interface BegunRun {
  stage: StageName;
  runId: string;
  terms: RunTerms;
  /** What it works first; null if it has yet to look. */
  jobs: Job[] | null;
}

/** What a settlement came to. */
export interface Settled {
  /** The messages for which it took effect; the other leases were lost. */
  messageIds: Set<string>;
  /** The next stage's run, if it began with what was handed on. */
  next: BegunRun | null;
  /** Whether with that the run that settled has ended. */
  hasLeft: boolean;
  /** What the run that settled has claimed for itself; null if it has yet to look. */
  claimed: Job[] | null;
}

/** How a run goes on in the transaction in which it settles: to the next stage with what is done, or with more of its own. */
export interface Onward {
  runId: string;
  follow?: {
    /** What the run had settled before. */
    settledCount: number;
    /** The run to begin at the next stage, if there is room, in place of waking another invocation. */
    nextRunId: string;
  };
  /** Messages to claim. */
  claims?: number;
}

/** Why an invocation ended. */
export type RunEnd = "drained" | "budget" | "shutdown" | "failed";

/** The engine's side of the queues. */
export interface Leases {
  /** @returns null if enough invocations are running */
  beginRun(stage: StageName, runId: string): Promise<BegunRun | null>;
  /** @returns false if work arrived meanwhile: go on */
  endRun(
    stage: StageName,
    runId: string,
    end: RunEnd,
    settledCount: number,
  ): Promise<boolean>;
  claim(stage: StageName, count: number, runId: string): Promise<Job[]>;
  /** @returns the message ids of the leases still held */
  extend(
    stage: StageName,
    leases: Lease[],
    runId: string,
  ): Promise<Set<string>>;
  /** Settles them all in one transaction. Their charges count also where the lease was lost. */
  settle(
    stage: StageName,
    settlements: { lease: Lease; settlement: Settlement; charges: Charge[] }[],
    onward?: Onward,
  ): Promise<Settled>;
}

/** The lease as the database's functions take it. */
export function leaseOf(sql: Sql, lease: Lease) {
  return sql`row(${lease.stage}, ${lease.messageId}, ${lease.readCount})::pipeline_internal.lease`;
}

export function createLeases(sql: Sql): Leases {
  // What only says who works on what need not be on the disk before the work begins. The log is one sequence: whatever a
  // worker makes durable later makes its claim durable too. A claim that a crash undoes is made again, and of two that
  // then hold the same reading the first to settle counts.
  const unhurried = sql`set_config('synchronous_commit', 'off', true)`;

  return {
    async beginRun(stage, runId) {
      const [row] = await sql<RunRow[]>`
        select run.* from ${unhurried}, pipeline_internal.start_run(${stage}, ${runId}) run`;
      return row ? toRun(stage, runId, row) : null;
    },

    async endRun(stage, runId, end, settledCount) {
      const [{ ended }] = await sql<{ ended: boolean }[]>`
        select ended from ${unhurried},
          pipeline_internal.end_run(${stage}, ${runId}, ${end}, ${settledCount}) ended`;
      return ended;
    },

    async claim(stage, count, runId) {
      const rows = await sql<ClaimedRow[]>`
        select job.* from ${unhurried}, pipeline_internal.claim(${stage}, ${count}, ${runId}) job`;
      return rows.map((row) => toJob(stage, row));
    },

    async extend(stage, leases, runId) {
      const held = await sql<{ msg_id: string }[]>`
        select msg_id::text from ${unhurried}, pipeline_internal.extend_leases(
          ${stage}, ${leases.map((lease) => lease.messageId)}::bigint[],
          ${leases.map((lease) => lease.readCount)}::int[], ${runId}) msg_id`;
      return new Set(held.map((row) => row.msg_id));
    },

    async settle(stage, settlements, onward) {
      const items = settlements.map(({ lease, settlement, charges }) => ({
        msg_id: lease.messageId,
        read_ct: lease.readCount,
        ...toRow(settlement),
        ...charges.length > 0 && { charges },
      }));
      const { runId = null, follow, claims = 0 } = onward ?? {};
      const nextRunId = follow?.nextRunId ?? null;
      const [row] = await sql<SettledRow[]>`
        select settled::text[], next_stage, slots, lease_seconds, jobs, has_left
        from pipeline_internal.settle_and_go_on(
          ${stage}, ${
        sql.json(items as postgres.JSONValue)
      }, ${nextRunId}, ${runId}, ${follow?.settledCount ?? 0}, ${claims})`;
      return {
        messageIds: new Set(row.settled),
        next: row.next_stage === null
          ? null
          : toRun(row.next_stage, nextRunId!, row),
        hasLeft: row.has_left,
        claimed: row.next_stage ? null : toJobs(stage, row),
      };
    },
  };
}

function toRow(settlement: Settlement) {
  if (!("afterSeconds" in settlement)) return settlement;
  const { afterSeconds, ...rest } = settlement;
  return { ...rest, after_seconds: afterSeconds };
}

export interface RunRow {
  slots: number;
  lease_seconds: number;
  jobs: ClaimedRow[] | null;
}

interface SettledRow extends RunRow {
  settled: string[];
  next_stage: StageName | null;
  has_left: boolean;
}

export function toRun(stage: StageName, runId: string, row: RunRow): BegunRun {
  return {
    stage,
    runId,
    terms: { slots: row.slots, leaseSeconds: row.lease_seconds },
    jobs: toJobs(stage, row),
  };
}

function toJobs(stage: StageName, { jobs }: RunRow): Job[] | null {
  return jobs?.map((job) => toJob(stage, job)) ?? null;
}

export interface ClaimedRow {
  /** A bigint: text, but within JSON a number. */
  msg_id: string | number;
  read_ct: number;
  job_id: string;
  document_id: string;
  user_id: string;
  mime: string;
  bytes_len: string | number;
  file_sha256: string;
  raw_path: string;
  original_path: string;
  is_verified: boolean;
  parsed_path: string | null;
  page_starts: number[] | null;
  ocr: boolean;
  resume: unknown;
  attempt: number;
  correlation_id: string | null;
}

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
