-- How an attempt may end, apart from success. Each returns true if it took effect, and false, changing nothing, if the
-- lease was lost.

create function pipeline_internal.record_trouble(
  p_job upload_pipeline.upload_jobs, p_type text, p_status text, p_stage text, p_code text, p_message text
) returns uuid
language sql set search_path = '' as $$
  insert into upload_pipeline.events (
    document_id, job_id, user_id, type, status, stage, code, message, attempt, correlation_id)
  values (
    p_job.document_id, p_job.job_id, p_job.user_id, p_type, p_status, p_stage, p_code, left(p_message, 2000),
    p_job.attempt_count, p_job.correlation_id)
  returning event_id
$$;

create function pipeline_internal.postpone(
  p_lease pipeline_internal.lease, p_seconds double precision, p_state text
) returns void
language plpgsql set search_path = '' as $$
declare
  v_due timestamptz := clock_timestamp() + make_interval(secs => p_seconds);
begin
  execute format('update pgmq.%I set vt = $2 where msg_id = $1', 'q_' || p_lease.stage)
    using p_lease.msg_id, v_due;
  update upload_pipeline.upload_jobs
  set state = p_state, next_attempt_at = v_due
  where stage = p_lease.stage and message_id = p_lease.msg_id;
end $$;
comment on function pipeline_internal.postpone is
  'Ends the lease and makes the message due later. For use behind the fence only.';

create function pipeline_internal.reject(p_lease pipeline_internal.lease, p_code text, p_message text)
returns boolean
language plpgsql set search_path = '' as $$
declare
  v_job upload_pipeline.upload_jobs := pipeline_internal.take(p_lease);
  v_failed_status text;
  v_event_id uuid;
begin
  if v_job.job_id is null then return false; end if;

  select failed_status into strict v_failed_status
  from pipeline_internal.stages where stage = p_lease.stage;
  v_event_id := pipeline_internal.record_trouble(
    v_job, 'failure', v_failed_status, p_lease.stage, p_code, p_message);

  update upload_pipeline.upload_jobs
  set status = v_failed_status, state = 'deadletter', stage = null, message_id = null, next_attempt_at = null,
      finished_at = clock_timestamp(), retry_count = retry_count + 1,
      last_error = jsonb_build_object(
        'code', p_code, 'message', left(p_message, 2000), 'reference', v_event_id, 'stage', p_lease.stage)
  where job_id = v_job.job_id;
  return true;
end $$;
comment on function pipeline_internal.reject is
  'Gives the job up: its failed_* status and the dead letter, with the reason. Trying again would not help, or was tried enough.';

create function pipeline_internal.retry(
  p_lease pipeline_internal.lease, p_code text, p_message text, p_after_seconds double precision default 0
) returns boolean
language plpgsql set search_path = '' as $$
declare
  v_job upload_pipeline.upload_jobs := pipeline_internal.hold(p_lease);
  v_stage pipeline_internal.stages;
  v_delay double precision;
begin
  if v_job.job_id is null then return false; end if;

  select * into strict v_stage from pipeline_internal.stages where stage = p_lease.stage;
  if v_job.attempt_count >= v_stage.max_attempts then
    return pipeline_internal.reject(p_lease, p_code, p_message);
  end if;

  v_delay := least(
    v_stage.backoff_cap_seconds,
    v_stage.backoff_base_seconds * power(2, least(v_job.attempt_count - 1, 30)));
  v_delay := v_delay * (1 + v_stage.jitter * (2 * random() - 1));

  perform pipeline_internal.postpone(p_lease, greatest(v_delay, p_after_seconds), 'retryable');
  update upload_pipeline.upload_jobs
  set retry_count = retry_count + 1,
      last_error = jsonb_build_object(
        'code', p_code, 'message', left(p_message, 2000), 'stage', p_lease.stage,
        'reference', pipeline_internal.record_trouble(
          v_job, 'retry', v_job.status, p_lease.stage, p_code, p_message))
  where job_id = v_job.job_id;
  return true;
end $$;
comment on function pipeline_internal.retry is
  'The attempt failed: another follows after exponential backoff with jitter, or after p_after_seconds if that is longer. Out of attempts, it rejects.';

create function pipeline_internal.pause(
  p_lease pipeline_internal.lease, p_after_seconds double precision, p_code text default null, p_message text default null
) returns boolean
language plpgsql set search_path = '' as $$
declare
  v_job upload_pipeline.upload_jobs := pipeline_internal.hold(p_lease);
begin
  if v_job.job_id is null then return false; end if;

  perform pipeline_internal.postpone(p_lease, p_after_seconds, 'queued');
  update upload_pipeline.upload_jobs
  set attempt_count = greatest(attempt_count - 1, 0)
  where job_id = v_job.job_id;
  if p_code is not null then
    perform pipeline_internal.record_trouble(v_job, 'pause', v_job.status, p_lease.stage, p_code, p_message);
  end if;
  return true;
end $$;
comment on function pipeline_internal.pause is
  'Come back later, at no cost in attempts: a provider asked for patience, or a worker gives back what it cannot finish. With a code, the reason is an event.';

create function pipeline_internal.pass_through(p_job_id uuid, p_status text) returns void
language sql set search_path = '' as $$
  update upload_pipeline.upload_jobs set status = p_status where job_id = p_job_id
$$;
comment on function pipeline_internal.pass_through is
  'Records a status that the job has on its way to the next one, within the same transaction.';

create function pipeline_internal.complete(p_job_id uuid) returns void
language sql set search_path = '' as $$
  update upload_pipeline.upload_jobs
  set status = 'complete', state = 'done', stage = null, message_id = null, next_attempt_at = null,
      last_error = null, finished_at = clock_timestamp()
  where job_id = p_job_id
$$;

create function pipeline_internal.redrive(p_job_id uuid) returns boolean
language plpgsql set search_path = '' as $$
declare
  v_stage text;
begin
  select failed.redrive_stage into v_stage
  from upload_pipeline.upload_jobs j
  join pipeline_internal.stages failed on failed.stage = j.last_error ->> 'stage'
  where j.job_id = p_job_id and j.state = 'deadletter'
  for update of j;
  if v_stage is null then return false; end if;

  perform pipeline_internal.enqueue(p_job_id, v_stage);
  return true;
end $$;
comment on function pipeline_internal.redrive is
  'Takes a job out of the dead letter and starts the stage that failed anew. False: it is not there.';
