import type postgres from "postgres";

const FILENAME = "being parsed.pdf";

/**
 * Documents at LlamaParse, as `parse` leaves them: their messages wait in `fetch_result` for the next poll.
 * @returns LlamaParse's job ids
 */
export async function createParses(
  admin: postgres.Sql,
  count: number,
): Promise<string[]> {
  const rows = await admin<{ provider_job_id: string }[]>`
    with given as (
      select gen_random_uuid() as id, u.id as user_id
      from generate_series(1, ${count}::int)
      cross join (select id from auth.users limit 1) u
    ), stored as (
      insert into upload_pipeline.documents (document_id, user_id, filename, mime, bytes_len, file_sha256, raw_path)
      select id, user_id, ${FILENAME}, 'application/pdf', 1000, encode(extensions.digest(id::text, 'sha256'), 'hex'),
             'user/' || user_id || '/raw/' || id || '.pdf'
      from given
      returning document_id, user_id
    ), jobs as (
      insert into upload_pipeline.upload_jobs (job_id, document_id, user_id, status, stage, message_id, next_attempt_at)
      select document_id, document_id, user_id, 'parse_queued', 'fetch_result', m.msg_id, now() + interval '1 hour'
      from stored
      cross join lateral pgmq.send('fetch_result', jsonb_build_object('job_id', document_id), 3600) m (msg_id)
      returning job_id
    )
    insert into pipeline_internal.submissions (job_id, provider_job_id, submitted_at)
    select job_id, 'bench-' || job_id, now() from jobs
    returning provider_job_id`;
  return rows.map(({ provider_job_id }) => provider_job_id);
}

export async function removeParses(admin: postgres.Sql): Promise<void> {
  await admin`delete from upload_pipeline.documents where filename = ${FILENAME}`;
  await admin`select pgmq.purge_queue('fetch_result')`;
}
