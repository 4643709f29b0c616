import type postgres from "postgres";
import { now } from "../clock.ts";
import { removeDocuments } from "./documents.ts";
import { percentile } from "../statistics.ts";

/** A claim's duration in milliseconds, with this many waiting messages. */
export interface ClaimTimes {
  waiting: number;
  p50: number;
  p95: number;
}

/** A queue with a growing backlog. */
export interface Claimed {
  name: string;
  /** Sets the number of waiting messages. */
  fill(waiting: number): Promise<void>;
  /** Claims one message. */
  claim(): Promise<unknown>;
}

const WARM_UP = 10;
const SAMPLES = 60;

export async function measureClaims(
  claimed: Claimed,
  backlogs: number[],
): Promise<ClaimTimes[]> {
  const times: ClaimTimes[] = [];
  for (const waiting of backlogs) {
    await claimed.fill(waiting);
    for (let i = 0; i < WARM_UP; i++) await claimed.claim();
    const samples: number[] = [];
    for (let i = 0; i < SAMPLES; i++) {
      const begunAt = now();
      await claimed.claim();
      samples.push(now() - begunAt);
    }
    times.push({
      waiting,
      p50: percentile(samples, 0.5),
      p95: percentile(samples, 0.95),
    });
  }
  return times;
}

/** The engine's claim of one document in `embed`. */
export function engineClaims(
  admin: postgres.Sql,
  userIds: string[],
): Claimed {
  return {
    name: "this engine",
    async fill(waiting) {
      await removeDocuments(admin);
      await admin.begin(async (tx) => {
        // Without triggers and foreign keys: a million documents in seconds, and the same rows.
        await tx`set local session_replication_role = replica`;
        await tx`
          create temporary table given on commit drop as
          select n, gen_random_uuid() as id, (${userIds}::uuid[])[n % ${userIds.length}::int + 1] as user_id
          from generate_series(1, ${waiting}::int) n`;
        await tx`
          insert into upload_pipeline.documents (
            document_id, user_id, filename, mime, bytes_len, file_sha256, raw_path, original_path)
          select id, user_id, 'bench.pdf', 'application/pdf', 1000, repeat('0', 64), 'user/' || id, 'original/' || id from given`;
        await tx`
          insert into pgmq.q_embed (msg_id, vt, message)
          overriding system value
          select n, now(), jsonb_build_object('job_id', id) from given`;
        await tx`
          insert into upload_pipeline.upload_jobs (job_id, document_id, user_id, status, stage, message_id)
          select id, id, user_id, 'embedding_queued', 'embed', n from given`;
      });
      await admin`vacuum analyze upload_pipeline.documents, upload_pipeline.upload_jobs, pgmq.q_embed`;
      await admin`checkpoint`;
    },
    claim: () => admin`select * from pipeline_internal.claim('embed', 1)`,
  };
}

/** pgmq's own read without the engine: a lower bound for a claim. */
export function pgmqClaims(admin: postgres.Sql): Claimed {
  return {
    name: "pgmq.read alone",
    async fill(waiting) {
      await admin`select pgmq.drop_queue('claims') from pgmq.meta where queue_name = 'claims'`;
      await admin`select pgmq.create('claims')`;
      await admin`
        insert into pgmq.q_claims (vt, message)
        select now(), jsonb_build_object('job_id', gen_random_uuid()) from generate_series(1, ${waiting}::int)`;
      await admin`vacuum analyze pgmq.q_claims`;
      await admin`checkpoint`;
    },
    claim: () => admin`select * from pgmq.read('claims', 60, 1)`,
  };
}
