import type postgres from "postgres";
import { directionOf, type Ledger, messageKey, piecesOf, STAGES } from "./ledger.ts";
import { TEST_CODE } from "./worker.ts";

interface JobRow {
  job_id: string;
  document_id: string;
  user_id: string;
  status: string;
  state: string;
  stage: string | null;
  message_id: string | null;
  is_user_queued: boolean;
}

interface EventRow {
  job_id: string;
  type: string;
  status: string;
  code: string | null;
  message: string | null;
}

/** Checks everything that must hold while no transaction is open. Returns the violations. */
export async function checkInvariants(
  sql: postgres.Sql,
  ledger: Ledger,
): Promise<string[]> {
  const users = ledger.userIds;
  // One snapshot: the database's own schedules continue meanwhile.
  const {
    jobs,
    events,
    messages,
    chunks,
    pending,
    counts,
    positions,
    limits,
    moves,
  } = await sql
    .begin("isolation level repeatable read", async (tx) => ({
      jobs: await tx<JobRow[]>`
        select j.job_id, j.document_id, j.user_id, j.status, j.state, j.stage, j.message_id,
               j.user_queued_at is not null as is_user_queued
        from upload_pipeline.upload_jobs j
        where j.user_id = any (${users}::uuid[])`,
      events: await tx<EventRow[]>`
        select job_id, type, status, code, message from upload_pipeline.events
        where user_id = any (${users}::uuid[]) order by event_no`,
      messages: (await Promise.all(STAGES.map((stage) =>
        tx<{ stage: string; msg_id: string; job_id: string }[]>`
          select ${stage}::text as stage, msg_id, message ->> 'job_id' as job_id
          from ${tx(`pgmq.q_${stage}`)}
          where (message ->> 'job_id')::uuid = any (${[
          ...ledger.jobs.keys(),
        ]}::uuid[])`
      ))).flat(),
      chunks: await tx<ChunkRow[]>`
        select document_id, chunker_version as version, text,
               (select ord from unnest(embedding::extensions.vector::real[]) with ordinality e (number, ord) where number = 1)::int - 1
                 as direction
        from upload_pipeline.document_chunks where user_id = any (${users}::uuid[])
        order by document_id, chunk_ord`,
      pending: await tx<PendingChunkRow[]>`
        select document_id, text,
               (select ord from unnest(embedding::extensions.vector::real[]) with ordinality e (number, ord) where number = 1)::int - 1
                 as direction
        from pipeline_internal.pending_chunks c left join pipeline_internal.pending_vectors using (document_id, chunk_sha)
        where c.user_id = any (${users}::uuid[])`,
      counts: await tx<{ document_id: string; chunk_count: number }[]>`
        select document_id, chunk_count from upload_pipeline.documents where user_id = any (${users}::uuid[])`,
      positions: await tx<{ user_id: string; positions: number[] }[]>`
        select user_id, array_agg(queue_position order by queue_position) as positions
        from upload_pipeline.document_status
        where user_id = any (${users}::uuid[]) and queue_position is not null group by user_id`,
      limits: (await tx<{ cap: number }[]>`
        select active_documents_per_user as cap from pipeline_internal.limits`)[
        0
      ],
      moves: await tx<
        { from_status: string; to_status: string; via_status?: string }[]
      >`select * from pipeline_internal.transitions`,
    }));

  return [
    ...oneMessageEach(jobs, messages, ledger),
    ...legalPaths(jobs, events, moves),
    ...withinCap(jobs, events, limits.cap),
    ...positionsCountUp(positions),
    ...wholeChunks(jobs, chunks, pending, counts),
    ...onceEach(jobs, events, ledger),
  ];
}

type MessageRow = { stage: string; msg_id: string; job_id: string };

/** An unfinished job with bytes has exactly one message or waits in the user queue; a message has its job. */
function oneMessageEach(
  jobs: JobRow[],
  messages: MessageRow[],
  ledger: Ledger,
): string[] {
  const wrong: string[] = [];
  const byJob = Map.groupBy(messages, (message) => message.job_id);
  for (const job of jobs) {
    const own = (byJob.get(job.job_id) ?? [])
      .map((message) => messageKey(message.stage, message.msg_id));
    const named = job.message_id && messageKey(job.stage!, job.message_id);
    const expected = named && !ledger.lostMessages.has(named) ? [named] : [];
    if (own.join() !== expected.join()) {
      wrong.push(
        `job ${job.job_id} (${job.status}, ${job.state}) names ${named ?? "no message"} and has ${
          own.join(" and ") || "none"
        }`,
      );
    }
    const waitsForNothing = job.state !== "done" &&
      job.state !== "deadletter" && job.status !== "awaiting_upload" &&
      !named && !job.is_user_queued;
    if (waitsForNothing) {
      wrong.push(`job ${job.job_id} (${job.status}) is stuck`);
    }
  }
  const known = new Set(jobs.map((job) => job.job_id));
  for (const message of messages) {
    if (known.has(message.job_id)) continue;
    if (ledger.deletedJobs.has(message.job_id)) continue;
    wrong.push(`${messageKey(message.stage, message.msg_id)} has no job`);
  }
  return wrong;
}

function legalPaths(
  jobs: JobRow[],
  events: EventRow[],
  moves: { from_status: string; to_status: string; via_status?: string }[],
): string[] {
  const legal = new Set(moves.flatMap((move) =>
    move.via_status
      ? [
        `${move.from_status} to ${move.via_status}`,
        `${move.via_status} to ${move.to_status}`,
      ]
      : [`${move.from_status} to ${move.to_status}`]
  ));
  const paths = pathsOf(events);
  return jobs.flatMap(({ job_id, status }) => {
    const path = paths.get(job_id) ?? [];
    const steps = path.slice(1).map((to, at) => `${path[at]} to ${to}`);
    const wrong = steps.filter((step) => !legal.has(step))
      .map((step) => `job ${job_id} moved from ${step}`);
    if (path[0] !== "awaiting_upload") {
      wrong.push(`job ${job_id} began as ${path[0]}`);
    }
    if (path.at(-1) !== status) {
      wrong.push(`job ${job_id} is ${status}, its events say ${path.at(-1)}`);
    }
    return wrong;
  });
}

function pathsOf(events: EventRow[]): Map<string, string[]> {
  const moved = events.filter((event) => event.type === "status");
  const byJob = Map.groupBy(moved, (event) => event.job_id);
  return new Map(
    [...byJob].map((
      [jobId, steps],
    ) => [jobId, steps.map((step) => step.status)]),
  );
}

/**
 * No user has more active documents from the user queue than the limit. Documents that an operator returned to a later
 * stage (a redrive, a new chunker) come on top.
 */
function withinCap(jobs: JobRow[], events: EventRow[], cap: number): string[] {
  const paths = pathsOf(events);
  const admitted = jobs.filter((job) => {
    if (job.message_id === null) return false;
    const path = paths.get(job.job_id) ?? [];
    const entry = path.findLastIndex((_, at) => /^(awaiting_upload|failed_.*|complete)$/.test(path[at - 1] ?? ""));
    return path[entry] === "uploaded";
  });
  return [...Map.groupBy(admitted, (job) => job.user_id)]
    // Documents behind an open circuit occupy no slot, up to three times the limit.
    .filter(([, active]) => active.length > 3 * cap)
    .map(([userId, active]) =>
      `user ${userId} has ${active.length} active documents, more than three times the limit of ${cap}`
    );
}

function positionsCountUp(
  rows: { user_id: string; positions: number[] }[],
): string[] {
  return rows
    .filter(({ positions }) => positions.some((position, at) => position !== at + 1))
    .map(({ user_id, positions }) => `the queue positions of user ${user_id} are ${positions}`);
}

interface ChunkRow {
  document_id: string;
  version: string;
  text: string;
  /** The index of the vector's only 1. */
  direction: number;
}

interface PendingChunkRow {
  document_id: string;
  text: string;
  /** Null: the chunk has no vector yet. */
  direction: number | null;
}

/**
 * A document's active chunks are complete, each with its own text's vector, and the document has their number; a
 * complete document has no pending chunks.
 */
function wholeChunks(
  jobs: JobRow[],
  chunks: ChunkRow[],
  pending: PendingChunkRow[],
  counts: { document_id: string; chunk_count: number }[],
): string[] {
  const byDocument = Map.groupBy(chunks, (chunk) => chunk.document_id);
  const pendingOf = Map.groupBy(pending, (chunk) => chunk.document_id);
  const countOf = new Map(
    counts.map((row) => [row.document_id, row.chunk_count]),
  );
  return jobs.flatMap(({ document_id, status }) => {
    const all = byDocument.get(document_id) ?? [];
    const later = pendingOf.get(document_id) ?? [];
    const wrong = [...all, ...later]
      .filter((chunk) => chunk.direction !== null && chunk.direction !== directionOf(chunk.text))
      .map((chunk) => `chunk “${chunk.text}” of ${document_id} has another text's vector`);
    if (countOf.get(document_id) !== all.length) {
      wrong.push(
        `${document_id} (${status}) has ${all.length} chunks and counts ${countOf.get(document_id)}`,
      );
    }
    if (status === "complete" && later.length > 0) {
      wrong.push(`${document_id} is complete and has pending chunks`);
    }
    if (all.length === 0) {
      if (status === "complete") {
        wrong.push(`${document_id} is complete and has no chunks`);
      }
      return wrong;
    }
    const texts = all.map((chunk) => chunk.text);
    if (
      texts.join("\n") !== piecesOf(document_id, all[0].version).join("\n") ||
      all.some((chunk) => chunk.version !== all[0].version)
    ) {
      wrong.push(`${document_id} (${status}) answers with ${texts}`);
    }
    return wrong;
  });
}

/** The step of a job's path that each stage's transition shows. */
const STAGE_TRANSITIONS: Record<string, string> = {
  parse: "uploaded to parse_queued",
  fetch_result: "parsed to parse_validated",
  chunk: "chunks_stored to embedding_queued",
  embed: "embeddings_stored to complete",
};

/** Every settlement that took effect left one event, and the others none. */
function onceEach(
  jobs: JobRow[],
  events: EventRow[],
  ledger: Ledger,
): string[] {
  const wrong: string[] = [];
  const present = new Set(jobs.map((job) => job.job_id));
  const effective = ledger.tried.filter(({ tookEffect, lease }) => tookEffect && present.has(lease.jobId));

  const eventCounts = new Map<string, number>();
  for (const event of events) {
    if (event.type === "status" || event.code !== TEST_CODE) continue;
    eventCounts.set(event.message!, (eventCounts.get(event.message!) ?? 0) + 1);
  }
  for (const { id, lease, outcome } of effective) {
    const count = eventCounts.get(id) ?? 0;
    eventCounts.delete(id);
    const expected = /^(done|parsed|poll)$/.test(outcome) ? 0 : 1;
    if (count !== expected) {
      wrong.push(`${outcome} of job ${lease.jobId} left ${count} events`);
    }
  }
  for (const id of eventCounts.keys()) {
    wrong.push(`an event was left by ${id}, which did not take effect`);
  }

  const paths = pathsOf(events);
  for (const job of jobs) {
    const path = paths.get(job.job_id) ?? [];
    const steps = path.slice(1).map((to, at) => `${path[at]} to ${to}`);
    for (const [stage, stageTransition] of Object.entries(STAGE_TRANSITIONS)) {
      const seen = steps.filter((step) => step === stageTransition).length;
      const done = effective.filter(({ lease, outcome }) =>
        lease.jobId === job.job_id &&
        completedStage(lease.stage, outcome) === stage
      ).length;
      if (seen !== done) {
        wrong.push(
          `job ${job.job_id} left ${stage} ${seen} times, but ${done} settlements completed it`,
        );
      }
    }
  }
  return wrong;
}

/** The stage that this settlement completes, if any. `parse` also completes `fetch_result` for text documents. */
function completedStage(stage: string, outcome: string): string | undefined {
  if (outcome === "parsed") return "fetch_result";
  return outcome === "done" ? stage : undefined;
}
