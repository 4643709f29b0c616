import type postgres from "postgres";
import type { Random } from "../../../dev/seeded_random.ts";
import { type StageName, STAGES } from "../../../../supabase/functions/_stages/index.ts";
import { piecesOf, unitVector } from "./content.ts";

/** Documents that one turn adds. */
const ARRIVALS = 10;
/** The limit of a claim: more than arrive, so that retries do not accumulate. */
const BATCH = 4 * ARRIVALS;
const MODEL = "text-embedding-3-small";

interface Claimed {
  msg_id: string;
  read_ct: number;
  job_id: string;
  document_id: string;
  user_id: string;
}

/** The results of a turn. */
export interface Turn {
  completed: number;
  deleted: number;
}

/**
 * One turn of everything that happens to documents, through the database functions that the API, the webhook and the
 * workers use: some documents arrive, each stage processes a batch, some attempts fail, users search, and the oldest
 * documents are deleted once their owner has too many. It uses nothing outside the database.
 */
export async function turn(
  sql: postgres.Sql,
  userId: string,
  { random, keep }: { random: Random; keep: number },
): Promise<Turn> {
  for (let n = 0; n < ARRIVALS; n++) await arrive(sql, userId, random);
  let completed = 0;
  for (const stage of STAGES) completed += await work(sql, stage, random);

  await sql`select from pipeline_internal.consume_request(${userId}, null)`;
  await sql`select pipeline_internal.record_search(${userId}, ${MODEL}, 12)`;
  const surplus = await sql<{ document_id: string }[]>`
    select document_id from upload_pipeline.documents where user_id = ${userId}
    order by created_at desc offset ${keep}`;
  for (const { document_id } of surplus) {
    await sql`select pipeline_internal.delete_document(${userId}, ${document_id})`;
  }
  await cleanup(sql);
  return { completed, deleted: surplus.length };
}

async function arrive(sql: postgres.Sql, userId: string, random: Random) {
  const [{ raw_path }] = await sql<{ raw_path: string }[]>`
    select raw_path from pipeline_internal.register_upload(
      ${userId}, 'soak.pdf', 'application/pdf', 5000, ${random.hex(64)}, false, 'soak')`;
  await sql`select pipeline_internal.start_processing(${raw_path})`;
}

/** @returns the number of complete documents */
async function work(
  sql: postgres.Sql,
  stage: StageName,
  random: Random,
): Promise<number> {
  const runId = crypto.randomUUID();
  const [terms] = await sql`
    select * from pipeline_internal.begin_run(${stage}, ${runId})`;
  if (!terms) return 0;
  const claimed = await sql<Claimed[]>`
    select msg_id::text, read_ct, job_id, document_id, user_id
    from pipeline_internal.claim(${stage}, ${BATCH}, ${runId})`;
  const settlements = [];
  for (const job of claimed) {
    const { msg_id, read_ct } = job;
    const settlement = await attempt(sql, stage, job, random);
    if (settlement) settlements.push({ msg_id, read_ct, ...settlement });
  }
  const settled = await sql`
    select unnest(settled) from pipeline_internal.settle_and_continue(${stage}, array(
      select s from jsonb_populate_recordset(null::pipeline_internal.settlement, ${sql.json(settlements)}) s))`;
  await sql`
    select pipeline_internal.end_run(${stage}, ${runId}, 'drained', ${settled.length})`;
  return stage === "embed" ? settlements.filter(({ outcome }) => outcome === "done").length : 0;
}

// deno-lint-ignore no-explicit-any
type Settlement = { outcome: string; [more: string]: any };

/** @returns null if the lease was lost because the owner deleted the document */
async function attempt(
  sql: postgres.Sql,
  stage: StageName,
  job: Claimed,
  random: Random,
): Promise<Settlement | null> {
  if (random.chance(0.04)) {
    return {
      outcome: "retry",
      code: "SOAK",
      message: "by chance",
      after_seconds: 0,
    };
  }
  if (random.chance(0.01)) {
    return { outcome: "reject", code: "SOAK", message: "by chance" };
  }
  const charge = (purpose: string, model: string, quantity: number) => [{
    key: `${purpose}:${job.msg_id}:${job.read_ct}`,
    purpose,
    model,
    quantity,
    job_id: job.job_id,
    user_id: job.user_id,
  }];
  const lease = sql`row(${stage}, ${job.msg_id}, ${job.read_ct})::pipeline_internal.lease`;
  switch (stage) {
    case "parse": {
      const [submission] = await sql`
        select submission_id from pipeline_internal.begin_submission(${lease})`;
      if (!submission) return null;
      const { submission_id } = submission;
      const provider_job_id = `soak-${submission_id}`;
      // The callback arrives before the submission is settled, as with a fast parser.
      await sql`
        select pipeline_internal.receive_delivery(
          ${`soak-${random.hex(20)}`}, 'parse.success', ${provider_job_id}, ${job.job_id}, 'soak')`;
      return { outcome: "done", output: { submission_id, provider_job_id } };
    }
    case "fetch_result":
      return {
        outcome: "done",
        output: {
          parsed_path: `user/${job.user_id}/parsed/${job.document_id}.md`,
          parsed_sha256: random.hex(64),
          page_starts: [0, 900],
        },
        charges: charge("parse", "cost_effective", 2),
      };
    case "chunk":
      return {
        outcome: "done",
        output: {
          chunker_name: "soak",
          chunker_version: "1",
          embed_model: MODEL,
          chunks: piecesOf(job.document_id),
        },
      };
    case "embed": {
      const chunks = await sql<{ chunk_id: string }[]>`
        select chunk_id from pipeline_internal.unembedded_chunks(${job.document_id}, 100)`;
      const [{ stored }] = await sql`
        select pipeline_internal.store_embeddings(
          ${lease}, ${MODEL}, ${chunks.map(({ chunk_id }) => chunk_id)}::uuid[],
          ${chunks.map(() => unitVector(random))}::text[],
          ${sql.json(charge("embed", MODEL, 300))}) as stored`;
      return stored ? { outcome: "done" } : null;
    }
  }
}

/** The worker function's other work: removing files, cancelling parses, delivering messages. */
async function cleanup(sql: postgres.Sql): Promise<void> {
  await sql`
    delete from pipeline_internal.file_cleanups where cleanup_no in (
      select cleanup_no from pipeline_internal.file_cleanups for update skip locked)`;
  await sql`
    delete from pipeline_internal.parse_cancellations where submission_id in (
      select submission_id from pipeline_internal.parse_cancellations for update skip locked)`;
  await sql`
    select pipeline_internal.end_notification(delivery_no, attempt_count, 204, null)
    from pipeline_internal.begin_notifications(50)`;
}
