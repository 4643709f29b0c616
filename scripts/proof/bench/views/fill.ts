import type postgres from "postgres";

/**
 * Fills an empty database with jobs and all their related rows, as if all had arrived within a day: 90 % are complete
 * (one in fifty of them with a warning), 4 % were given up, 3 % are in the stages' queues, 2 % are in user queues, and
 * 1 % await their bytes; with nine events a document, and that day's runs, deliveries, charges, calls and schedule
 * runs. Rows are written directly, without triggers except those that add up charges. Chunks are left out, because no
 * view reads them.
 * @param admin a superuser, within a transaction or not
 */
export async function fillDatabase(
  admin: postgres.ISql,
  jobs: number,
): Promise<void> {
  await admin`set local session_replication_role = replica`;
  await admin`
    create temporary table many on commit drop as
    select n, gen_random_uuid() as job_id, gen_random_uuid() as document_id,
           ('00000000-0000-4000-8000-' || lpad((n % (${jobs}::int / 100 + 1))::text, 12, '0'))::uuid as user_id,
           clock_timestamp() - n * interval '86400 seconds' / ${jobs}::int as came_at,
           case when n % 100 < 90 then 'complete' when n % 100 < 94 then 'given_up' when n % 100 < 97 then 'queued'
                when n % 100 < 99 then 'user_queued' else 'awaited' end as fate,
           (array['parse', 'fetch_result', 'chunk', 'embed'])[1 + n / 100 % 4] as stage
    from generate_series(1, ${jobs}::int) n`;
  await admin`create index on many (job_id)`;
  await admin`analyze many`;

  await admin`
    insert into upload_pipeline.documents (
      document_id, user_id, filename, mime, bytes_len, file_sha256, raw_path, original_path, verified_at, page_count, warnings, created_at,
      updated_at)
    select document_id, user_id, 'file ' || n || '.pdf', 'application/pdf', 100000 + n,
           encode(extensions.digest(n::text, 'sha256'), 'hex'), 'user/' || user_id || '/raw/' || document_id || '.pdf',
           'user/' || user_id || '/original/' || document_id || '.pdf', case when fate = 'complete' then came_at end,
           case when fate = 'complete' then 1 + n % 40 end,
           case when fate = 'complete' and n % 50 = 7
                then '[{"code": "PAGES_UNREAD", "message": "the parser failed on page 1", "pages": [1]}]'::jsonb
                else '[]' end,
           came_at, came_at
    from many`;
  await admin`
    insert into upload_pipeline.upload_jobs (
      job_id, document_id, user_id, status, state, stage, message_id, user_queued_at, waiting_for, attempt_count,
      retry_count, next_attempt_at, last_error, finished_at, claimed_at, upload_expires_at, created_at, updated_at)
    select job_id, document_id, user_id,
           case fate when 'complete' then 'complete' when 'given_up' then s.failed_status
                     when 'queued' then s.entry_status when 'user_queued' then 'uploaded' else 'awaiting_upload' end,
           case fate when 'complete' then 'done' when 'given_up' then 'deadletter'
                     when 'queued' then (array['queued', 'working', 'retryable'])[1 + n % 3] else 'queued' end,
           case fate when 'queued' then stage end, case fate when 'queued' then n end,
           case fate when 'user_queued' then came_at end,
           case fate when 'user_queued' then 'YOUR_OTHER_DOCUMENTS' end, 1, n % 3,
           case when fate = 'queued' and n % 3 <> 1 then clock_timestamp() + (n % 20 - 10) * interval '10 seconds' end,
           case when fate = 'given_up' or fate = 'queued' and n % 3 = 2 then jsonb_build_object(
             'code', 'CODE_' || n % 7, 'message', 'the reason for this', 'stage', stage, 'reference', job_id) end,
           case when fate in ('complete', 'given_up') then came_at + interval '1 minute' end,
           came_at, came_at + interval '2 hours', came_at, came_at
    from many join pipeline_internal.stages s using (stage)`;
  for (const stage of ["parse", "fetch_result", "chunk", "embed"]) {
    await admin`
      insert into ${admin(`pgmq.q_${stage}`)} (msg_id, read_ct, vt, message)
      overriding system value
      select message_id, 1, coalesce(next_attempt_at, case state when 'working' then clock_timestamp() + interval '1 minute' else updated_at end),
             jsonb_build_object('job_id', job_id)
      from upload_pipeline.upload_jobs join many using (job_id) where upload_jobs.stage = ${stage}`;
  }
  await admin`
    insert into upload_pipeline.events (document_id, job_id, user_id, type, status, stage, code, created_at)
    select document_id, job_id, user_id, 'status', step.status, many.stage, null, came_at + step.ord * interval '2 seconds'
    from many
    cross join unnest(array[
      'awaiting_upload', 'uploaded', 'parse_queued', 'parsed', 'parse_validated', 'chunking', 'embedding_queued',
      'embedding_in_progress', 'complete']) with ordinality step (status, ord)
    order by came_at`;
  await admin`
    insert into upload_pipeline.events (document_id, job_id, user_id, type, status, stage, code, attempt, created_at)
    select document_id, job_id, user_id, (array['retry', 'pause', 'failure'])[1 + n % 3], 'uploaded', stage,
           'CODE_' || n % 7, 1, came_at + interval '3 seconds'
    from many where n % 5 = 0`;
  await admin`
    insert into pipeline_internal.submissions (job_id, provider_job_id, requested_at, submitted_at, finished_at, outcome)
    select job_id, 'pj-' || n, came_at, came_at, came_at + interval '20 seconds', 'collected' from many`;
  await admin`
    insert into pipeline_internal.deliveries (event_id, event_type, provider_job_id, job_id, received_at)
    select 'ev-' || n, 'parse.success', 'pj-' || n, job_id, came_at + n % 30 * interval '1 second'
    from many where n % 20 > 0`;
  await admin`set local session_replication_role = origin`;
  await admin`
    insert into pipeline_internal.charges (charge_key, day, purpose, model, quantity, cents, user_id, document_id, job_id)
    select kind.purpose || n, came_at::date, kind.purpose, kind.model, 1 + n % 40, 0.375, user_id, document_id, job_id
    from many, (values ('parse', 'cost_effective'), ('embed', 'text-embedding-3-small')) kind (purpose, model)
    where fate in ('complete', 'given_up')`;
  await admin`set local session_replication_role = replica`;
  await admin`
    insert into pipeline_internal.audit_log (action, actor, happened_at)
    select 'webhook_refused', 'visitor', came_at from many where n % 50 = 0`;
  await admin`
    insert into pipeline_internal.worker_runs (stage, called_at, started_at, heartbeat_at, ended_at, ended_by, settled_count)
    select s.stage, came_at, came_at, came_at, came_at + interval '1 second', 'drained', 1
    from many, pipeline_internal.stages s`;
  await admin`
    insert into pipeline_internal.stage_transitions (since, stage, bucket, transition_count)
    select date_trunc('minute', now()) - m * interval '1 minute', stage, bucket, 1 + (m + bucket) % 5
    from generate_series(0, 1439) m, generate_series(-10, 10) bucket,
         (select stage from pipeline_internal.stages union all select 'document') s
    on conflict do nothing`;
  await admin`select pipeline_internal.compact_stage_transitions()`;
  await admin`
    insert into pipeline_internal.alerts (rule, subject, severity, summary, threshold, value, worst_value)
    select 'PipelineQueueOld', 'a stage ' || n, 'critical', 'The oldest due message has waited.', 300, 400, 500
    from generate_series(1, 20) n`;
  await admin`
    insert into pipeline_internal.history (
      step_minutes, since, stage, transition_count, p50_seconds, p95_seconds, registered_count, message_count, oldest_due_seconds)
    select step, date_bin(make_interval(mins => step), now(), '2000-01-01Z') - n * make_interval(mins => step), stage,
           n % 50, 1 + n % 7, 5 + n % 20, n % 50, n % 30, n % 9
    from (values (1, 120), (10, 150), (60, 740)) steps (step, kept), generate_series(0, kept) n,
         (select stage from pipeline_internal.stages union all select 'document') s
    on conflict do nothing`;
  await admin`
    insert into storage.objects (bucket_id, name, metadata)
    select 'files', 'user/' || user_id || '/' || kind || '/' || document_id, jsonb_build_object('size', 100000 + n, 'mimetype', 'application/pdf')
    from many, unnest(array['raw', 'parsed']) kind where fate = 'complete'`;
  await admin`
    insert into cron.job_run_details (jobid, runid, job_pid, database, username, command, status, return_message, start_time, end_time)
    select jobid, 1000000 + jobid * 100000 + i, 1, current_database(), username, command, 'succeeded', '1 row',
           now() - i * interval '5 seconds', now() - i * interval '5 seconds'
    from cron.job, generate_series(1, least(17280, ${jobs}::int)) i where jobname in ('pipeline-sweep', 'pipeline-roll-up')`;
  await admin`
    insert into net._http_response (id, status_code, content_type, headers, content, timed_out, created)
    select n, case when n % 50 = 7 then 503 else 202 end, 'application/json', '{}', '{"run_id": "", "stage": "parse"}', false, came_at
    from many where came_at > now() - interval '6 hours'`;
  for (
    const table of [
      "upload_pipeline.documents",
      "upload_pipeline.upload_jobs",
      "upload_pipeline.events",
      "pipeline_internal.submissions",
      "pipeline_internal.deliveries",
      "pipeline_internal.charges",
      "pipeline_internal.daily_costs",
      "pipeline_internal.user_costs",
      "pipeline_internal.worker_runs",
      "pipeline_internal.stage_transitions",
      "pgmq.q_parse",
      "pgmq.q_fetch_result",
      "pgmq.q_chunk",
      "pgmq.q_embed",
      "storage.objects",
      "cron.job_run_details",
    ]
  ) {
    await admin`analyze ${admin(table)}`;
  }
}
