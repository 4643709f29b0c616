import type postgres from "postgres";
import { type Lease, type Ledger, piecesOf, type StageName, vectorOf } from "./ledger.ts";

export type Session = postgres.ISql;

/** The error code of every settlement in these tests; no other job has it. */
export const TEST_CODE = "INTERLEAVINGS";
const EMBEDDING_MODEL = "interleavings";

export interface Settlement {
  lease: Lease;
  outcome: string;
  output?: Record<string, unknown>;
  after_seconds?: number;
  fault?: string;
}

/** Claims messages as a worker does. The leases count once the transaction has committed. */
export async function claim(
  session: Session,
  stage: StageName,
  count: number,
): Promise<Lease[]> {
  const rows = await session<ClaimedRow[]>`
    select * from pipeline_internal.claim(${stage}, ${count})`;
  return rows.map((row) => leaseOf(stage, row));
}

/** Claims one suspect, as the run for suspects does. */
export async function claimAlone(
  session: Session,
  stage: StageName,
): Promise<Lease[]> {
  const rows = await session<ClaimedRow[]>`
    select * from pipeline_internal.claim_isolated(${stage}, null)`;
  return rows.map((row) => leaseOf(stage, row));
}

/** Begins a run as an invocation does, if one is free, with its first leases. */
export async function startRun(
  session: Session,
  stage: StageName,
  runId: string,
): Promise<Lease[]> {
  const rows = await unseen(
    session,
    runId,
    () =>
      session<{ attempts: ClaimedRow[] | null }[]>`
      select to_jsonb(attempts) as attempts from pipeline_internal.start_run(${stage}, ${runId})`,
  );
  return rows.flatMap(({ attempts }) => attempts ?? [])
    .map((row) => leaseOf(stage, row));
}

/** Runs `work` and removes its run, so that it occupies no invocation. */
async function unseen<T>(
  session: Session,
  runId: string,
  work: () => Promise<T>,
): Promise<T> {
  const result = await work();
  await session`delete from pipeline_internal.worker_runs where run_id = ${runId}`;
  return result;
}

interface ClaimedRow {
  msg_id: string | number;
  read_ct: number;
  job_id: string;
  document_id: string;
  user_id: string;
}

function leaseOf(stage: StageName, row: ClaimedRow): Lease {
  return {
    stage,
    msgId: String(row.msg_id),
    readCount: row.read_ct,
    jobId: row.job_id,
    documentId: row.document_id,
    userId: row.user_id,
  };
}

/**
 * A stage's work before it settles, each step in its own transaction.
 * @param chunkCount for `chunk`: the number of chunks that are stored in a portion of their own; for `embed`: the most
 * chunks that are embedded
 * @returns the output for `done`; "unfinished" if chunks still lack vectors; null if the lease was lost
 */
export async function doWork(
  session: Session,
  lease: Lease,
  { chunkCount = Infinity, version = "1" } = {},
): Promise<Record<string, unknown> | "unfinished" | null> {
  const { stage, documentId } = lease;
  switch (stage) {
    case "parse": {
      const [submission] = await session<{ submission_id: string }[]>`
        select submission_id from pipeline_internal.begin_submission(${rowOf(session, lease)})`;
      if (!submission) return null;
      lease.submissionId = submission.submission_id;
      return parseOutput(lease);
    }
    case "fetch_result":
      return parsedOutput(lease);
    case "chunk": {
      const output = chunkOutput(documentId, version);
      const portion = output.chunks.slice(0, chunkCount);
      if (portion.length === output.chunks.length) return output;
      const kept = { ...output, first_ord: 0, chunks: portion };
      const [{ stored }] = await session<{ stored: boolean }[]>`
        select pipeline_internal.store_chunks(
          ${rowOf(session, lease)},
          jsonb_populate_record(null::pipeline_internal.chunk_output, ${
        session.json(kept as postgres.JSONValue)
      }), '{}', 1, 2) as stored`;
      if (!stored) return null;
      const first_ord = portion.length;
      return { ...output, first_ord, chunks: output.chunks.slice(first_ord) };
    }
    case "embed": {
      const missing = await session<{ chunk_id: string; text: string }[]>`
        select chunk_id, text from pipeline_internal.unembedded_chunks(${documentId}, 100)`;
      const portion = missing.slice(0, chunkCount);
      if (portion.length > 0) {
        const [{ stored }] = await session<{ stored: boolean }[]>`
          select pipeline_internal.store_embeddings(
            ${rowOf(session, lease)}, ${EMBEDDING_MODEL},
            ${portion.map((chunk) => chunk.chunk_id)}::uuid[],
            ${portion.map((chunk) => vectorOf(chunk.text))}::text[]) as stored`;
        if (!stored) return null;
      }
      return portion.length < missing.length ? "unfinished" : {};
    }
  }
}

/** The output of a worker that settles late, without reading the database again. */
export function outputFromMemory(
  lease: Lease,
): Record<string, unknown> | undefined {
  switch (lease.stage) {
    case "parse":
      return lease.submissionId ? parseOutput(lease) : undefined;
    case "fetch_result":
      return parsedOutput(lease);
    case "chunk":
      return chunkOutput(lease.documentId, "1");
    case "embed":
      return {};
  }
}

/** The output of `fetch_result`, and of `parse` for a text document. */
export function parsedOutput({ jobId }: Lease) {
  return {
    parsed_path: `parsed/${jobId}.md`,
    parsed_sha256: "0".repeat(64),
    page_starts: [0],
  };
}

function parseOutput({ submissionId }: Lease) {
  return {
    submission_id: submissionId,
    provider_job_id: `pjb-${submissionId}`,
  };
}

function chunkOutput(documentId: string, version: string) {
  return {
    chunker_name: "interleavings",
    chunker_version: version,
    embed_model: EMBEDDING_MODEL,
    chunks: piecesOf(documentId, version).map((text, ord) => ({
      ord,
      page_from: 1,
      page_to: 1,
      page_offsets: [0],
      heading_path: [],
      text,
      tokens: 5,
    })),
  };
}

function rowOf(session: Session, { stage, msgId, readCount }: Lease) {
  return session`row(${stage}, ${msgId}, ${readCount})::pipeline_internal.lease`;
}

/**
 * Settles leases of one stage in one transaction.
 * @param continueWith whether the run continues inline in the next stage, or claims more of the same, when all are done
 * @returns the update for the ledger after the commit
 */
export async function settle(
  session: Session,
  ledger: Ledger,
  settlements: Settlement[],
  { continueWith }: { continueWith?: "next stage" | "claim" } = {},
): Promise<() => void> {
  const { stage } = settlements[0].lease;
  const items = settlements.map(({ lease, ...rest }) => ({
    ...rest,
    msg_id: lease.msgId,
    read_ct: lease.readCount,
    code: TEST_CODE,
    message: crypto.randomUUID(),
  }));
  const outdated = settlements.map(({ lease }) => ledger.isOutdated(lease));
  const given = session`array(
    select s from jsonb_populate_recordset(null::pipeline_internal.settlement, ${
    session.json(items as postgres.JSONValue)
  }) s)`;
  let tookEffect: Set<string>;
  let leased: Lease[] = [];
  if (continueWith) {
    const runId = crypto.randomUUID();
    const [row] = await unseen(
      session,
      runId,
      () =>
        session<
          {
            settled: string[];
            next_stage: StageName | null;
            attempts: ClaimedRow[] | null;
          }[]
        >`
        select settled::text[], next_stage, to_jsonb(attempts) as attempts
        from pipeline_internal.settle_and_continue(
          ${stage}, ${given}, ${runId}, ${continueWith === "claim" ? 2 : 0}, ${
          continueWith === "next stage" ? runId : null
        })`,
    );
    tookEffect = new Set(row.settled);
    leased = (row.attempts ?? []).map((job) => leaseOf(row.next_stage ?? stage, job));
  } else {
    const rows = await session<{ msg_id: string }[]>`
      select unnest(settled)::text as msg_id from pipeline_internal.settle_and_continue(${stage}, ${given})`;
    tookEffect = new Set(rows.map((row) => row.msg_id));
  }
  return () => {
    leased.filter((lease) => ledger.jobs.has(lease.jobId))
      .forEach((lease) => ledger.claimed(lease));
    for (const [i, { lease, outcome }] of settlements.entries()) {
      // The result names messages; of two leases on the same message it means the later one.
      const isLatest = settlements.every((other) =>
        other.lease.msgId !== lease.msgId ||
        other.lease.readCount <= lease.readCount
      );
      ledger.settled({
        id: items[i].message,
        lease,
        outcome,
        tookEffect: isLatest && tookEffect.has(lease.msgId),
      }, outdated[i]);
    }
  };
}
