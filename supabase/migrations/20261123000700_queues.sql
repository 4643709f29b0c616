-- The work waits in one pgmq queue a stage. A worker leases a message: pgmq hides it for a while and counts the
-- reading. Whoever settles must show that count, so a worker that lost its lease changes nothing.

select pgmq.create(stage) from pipeline_internal.stages;

create type pipeline_internal.lease as (stage text, msg_id bigint, read_ct int);
comment on type pipeline_internal.lease is
  'The right to settle one message: valid until somebody else reads the message.';

create function pipeline_internal.enqueue(p_job_id uuid, p_stage text, p_delay_seconds double precision default 0)
returns bigint
language plpgsql set search_path = '' as $$
declare
  v_delay int := ceil(p_delay_seconds);
  v_msg_id bigint;
begin
  select send into strict v_msg_id
  from pgmq.send(p_stage, jsonb_build_object('job_id', p_job_id), v_delay);

  update upload_pipeline.upload_jobs
  set status = (select entry_status from pipeline_internal.stages s where s.stage = p_stage),
      stage = p_stage, message_id = v_msg_id, state = 'queued', attempt_count = 0,
      units_done = 0, units_total = 0, last_error = null, claimed_at = null, finished_at = null,
      next_attempt_at = case when v_delay > 0 then clock_timestamp() + make_interval(secs => v_delay) end
  where job_id = p_job_id;

  if v_delay <= 0 then
    perform pipeline_internal.wake(p_stage);
  end if;
  return v_msg_id;
end $$;
comment on function pipeline_internal.enqueue is
  'Puts the job at the door of a stage: the stage''s entry status, its one message on the stage''s queue, and a wake-up call once the transaction commits.';

create function pipeline_internal.requeue(p_job_id uuid) returns void
language plpgsql set search_path = '' as $$
begin
  update upload_pipeline.upload_jobs
  set message_id = (select send from pgmq.send(stage, jsonb_build_object('job_id', job_id))),
      state = 'queued', next_attempt_at = null
  where job_id = p_job_id;
end $$;
comment on function pipeline_internal.requeue is
  'A new message in place of a lost one; the job goes on where it was.';

create function pipeline_internal.claim(p_stage text, p_count int, p_run_id uuid default null)
returns table (
  msg_id bigint, read_ct int, job_id uuid, document_id uuid, user_id uuid,
  mime text, bytes_len bigint, file_sha256 text, raw_path text, parsed_path text, page_starts int[],
  ocr boolean, attempt int, correlation_id text, lease_seconds real
)
language plpgsql set search_path = '' as $$
declare
  v_stage pipeline_internal.stages;
  v_read pgmq.message_record;
  v_job upload_pipeline.upload_jobs;
begin
  select * into strict v_stage from pipeline_internal.stages where stage = p_stage;
  update pipeline_internal.worker_runs set heartbeat_at = clock_timestamp() where run_id = p_run_id;

  for v_read in
    select * from pgmq.read(p_stage, ceil(v_stage.lease_seconds)::int, p_count)
  loop
    update upload_pipeline.upload_jobs j
    set state = 'working', attempt_count = j.attempt_count + 1, claimed_at = clock_timestamp(),
        next_attempt_at = null,
        status = case when j.status = v_stage.entry_status then v_stage.working_status else j.status end
    where j.job_id = (v_read.message ->> 'job_id')::uuid
      and j.stage = p_stage and j.message_id = v_read.msg_id
    returning * into v_job;

    if not found then
      -- Its document was deleted, or another message took its place.
      perform pgmq.delete(p_stage, v_read.msg_id);
    elsif v_job.attempt_count > v_stage.max_attempts then
      -- The last attempts ended without a word: the worker died each time.
      perform pipeline_internal.reject(
        (p_stage, v_read.msg_id, v_read.read_ct)::pipeline_internal.lease,
        'ATTEMPTS_EXHAUSTED', 'processing was interrupted each time it was tried');
    else
      return query
        select v_read.msg_id, v_read.read_ct, v_job.job_id, d.document_id, d.user_id,
               d.mime, d.bytes_len, d.file_sha256, d.raw_path, d.parsed_path, d.page_starts,
               v_job.ocr, v_job.attempt_count, v_job.correlation_id, v_stage.lease_seconds
        from upload_pipeline.documents d where d.document_id = v_job.document_id;
    end if;
  end loop;
end $$;
comment on function pipeline_internal.claim is
  'Leases up to p_count due messages, oldest first, each to one worker only. Drops messages whose job is gone; gives up jobs whose every attempt was interrupted.';

create function pipeline_internal.extend_leases(
  p_stage text, p_msg_ids bigint[], p_read_cts int[], p_run_id uuid default null
) returns setof bigint
language plpgsql set search_path = '' as $$
begin
  update pipeline_internal.worker_runs set heartbeat_at = clock_timestamp() where run_id = p_run_id;
  -- Waits for settlements under way, so that a message just postponed is seen as such and keeps its time.
  execute format('select from pgmq.%I where msg_id = any ($1) order by msg_id for update', 'q_' || p_stage)
    using p_msg_ids;
  return query execute format(
    $q$
      update pgmq.%I q
      set vt = clock_timestamp() + make_interval(secs => s.lease_seconds)
      from unnest($1, $2) held (msg_id, read_ct), pipeline_internal.stages s, upload_pipeline.upload_jobs j
      where q.msg_id = held.msg_id and q.read_ct = held.read_ct and s.stage = $3
        and j.stage = $3 and j.message_id = q.msg_id and j.state = 'working'
      returning q.msg_id
    $q$, 'q_' || p_stage)
    using p_msg_ids, p_read_cts, p_stage;
end $$;
comment on function pipeline_internal.extend_leases is
  'Prolongs the leases that are still held and returns their message ids; the others are lost.';

create function pipeline_internal.hold(p_lease pipeline_internal.lease) returns upload_pipeline.upload_jobs
language plpgsql set search_path = '' as $$
declare
  v_held boolean;
  v_job upload_pipeline.upload_jobs;
begin
  execute format('select true from pgmq.%I where msg_id = $1 and read_ct = $2 for update', 'q_' || p_lease.stage)
    into v_held using p_lease.msg_id, p_lease.read_ct;
  if v_held then
    select * into v_job from upload_pipeline.upload_jobs j
    where j.stage = p_lease.stage and j.message_id = p_lease.msg_id and j.state = 'working'
    for update;
  end if;
  return v_job;
end $$;
comment on function pipeline_internal.hold is
  'The fence. Locks and returns the job if the lease is still held; otherwise a row of nulls, and the caller must change nothing.';

create function pipeline_internal.take(p_lease pipeline_internal.lease) returns upload_pipeline.upload_jobs
language plpgsql set search_path = '' as $$
declare
  v_job upload_pipeline.upload_jobs := pipeline_internal.hold(p_lease);
begin
  if v_job.job_id is not null then
    perform pgmq.delete(p_lease.stage, p_lease.msg_id);
  end if;
  return v_job;
end $$;
comment on function pipeline_internal.take is
  'The fence for a final settlement: as hold, and the message is gone when the transaction commits.';
