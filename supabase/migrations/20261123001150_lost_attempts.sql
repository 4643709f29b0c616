-- Lost attempts. When a worker dies, its leases expire. The next worker to read such a message finds its job still in
-- the state working: the attempt was lost. That costs the document no attempt; it is tried again after a pause that
-- doubles.
--
-- Unless the document kills its workers. A dying process loses all its attempts, so one death does not show which
-- document caused it. After isolate_after losses a document is a suspect and is tried alone: by the function
-- `isolation`, in a process that no other function shares, one run with one document at a time. A death there is the
-- document's doing, unless the database was restarted meanwhile. After max_lost_alone such deaths the job is rejected.

create function pipeline_internal.database_started_at() returns timestamptz
language sql stable set search_path = '' as $$
  -- After the crash of one session Postgres restarts all other sessions and its background processes, but not the
  -- postmaster.
  select greatest(
    pg_postmaster_start_time(),
    (select max(a.backend_start) from pg_catalog.pg_stat_get_activity(null) a
     where a.backend_type in ('checkpointer', 'background writer', 'walwriter')))
$$;
comment on function pipeline_internal.database_started_at is
  'When the database last ended all sessions: its start, or its latest recovery from a crash.';

create function pipeline_internal.isolation_hiding() returns interval
language sql immutable parallel safe set search_path = '' as $$ select interval '1 day' $$;
comment on function pipeline_internal.isolation_hiding is
  'How much longer than its backoff a suspect''s message is hidden from claim. claim hides it for as long again if '
  'it reads it.';

create function pipeline_internal.lose_attempt(p_stage pipeline_internal.stages, p_job upload_pipeline.upload_jobs)
returns boolean
language plpgsql set search_path = '' as $$
declare
  v_is_explained boolean := coalesce(p_job.claimed_at < pipeline_internal.database_started_at(), false);
  v_message text := case
    when v_is_explained then 'the database was restarted while a worker processed it; it will be tried again'
    when p_job.is_isolated then 'the worker that processed only this document stopped unexpectedly; it will be tried '
      'again'
    else 'the worker that processed it stopped unexpectedly; it will be tried again' end;
  v_delay double precision;
  v_reference uuid;
begin
  p_job.lost_count := p_job.lost_count + 1;
  p_job.unexplained_count := p_job.unexplained_count + (not v_is_explained)::int;
  p_job.is_isolated := p_job.is_isolated or p_job.unexplained_count >= p_stage.isolate_after;
  update upload_pipeline.upload_jobs
  set lost_count = p_job.lost_count, unexplained_count = p_job.unexplained_count, is_isolated = p_job.is_isolated,
      attempt_count = greatest(attempt_count - 1, 0)
  where job_id = p_job.job_id;

  if p_job.unexplained_count >= p_stage.isolate_after + p_stage.max_lost_alone then
    perform pipeline_internal.reject(p_job, 'WORKER_KILLED', format(
      'the workers that processed only this document stopped unexpectedly, %s times; it needs more memory or time '
      'than there is: save it again, or upload it in smaller parts', p_stage.max_lost_alone));
    return true;
  elsif p_job.lost_count >= p_stage.max_lost then
    perform pipeline_internal.reject(p_job, 'ATTEMPTS_EXHAUSTED', format(
      'processing was interrupted %s times, and not by the document alone; try it again later', p_job.lost_count));
    return true;
  end if;

  v_delay := least(p_stage.lost_cap_seconds, p_stage.backoff_base_seconds * power(2, least(p_job.lost_count - 1, 30)))
    * (1 + p_stage.jitter * (2 * random() - 1));
  perform pipeline_internal.postpone(p_job, v_delay, 'retryable');
  v_reference := pipeline_internal.record_error(p_job, 'retry', p_job.status, 'WORKER_LOST', v_message);
  update upload_pipeline.upload_jobs
  set waiting_for = 'WORKER_LOST',
      last_error = jsonb_build_object(
        'code', 'WORKER_LOST', 'message', v_message, 'stage', p_job.stage, 'reference', v_reference)
  where job_id = p_job.job_id;
  return false;
end $$;
comment on function pipeline_internal.lose_attempt is
  'The attempt''s worker died or lost the lease. Counts the loss instead of the attempt and schedules the job after '
  'a pause that doubles up to the stage''s lost_cap_seconds; alone, once isolate_after losses have no other '
  'explanation. True: the job was rejected, since max_lost_alone workers died that had only this document '
  '(WORKER_KILLED), or after max_lost losses of any kind. The caller has read the message.';

create function pipeline_internal.due_suspects() returns table (stage text, job_id uuid, message_id bigint,
  due_at timestamptz)
language sql stable set search_path = '' as $$
  select j.stage, j.job_id, j.message_id, coalesce(j.next_attempt_at, j.updated_at)
  from upload_pipeline.upload_jobs j
  where j.is_isolated and j.message_id is not null and j.state <> 'working'
    and coalesce(j.next_attempt_at, j.updated_at) <= clock_timestamp()
$$;
comment on function pipeline_internal.due_suspects is 'The suspects that are due.';

create function pipeline_internal.has_due_suspect(p_stage text) returns boolean
language sql stable set search_path = '' as $$
  select pipeline_internal.may_claim(p_stage)
     and exists (select from pipeline_internal.due_suspects() s where s.stage = p_stage)
$$;

create function pipeline_internal.lock_isolation(p_nowait boolean default false) returns boolean
language plpgsql set search_path = '' as $$
declare
  v_lock bigint := hashtextextended('pipeline_internal.isolation', 0);
begin
  if p_nowait then return pg_try_advisory_xact_lock(v_lock); end if;
  perform pg_advisory_xact_lock(v_lock);
  return true;
end $$;
comment on function pipeline_internal.lock_isolation is
  'Serialises the beginning and end of the run that tries suspects. A transaction that holds other locks must not '
  'wait for it. False: p_nowait, and another transaction holds it.';

create function pipeline_internal.is_isolation_taken(p_run_id uuid default null) returns boolean
language sql stable set search_path = '' as $$
  select exists (
    select from pipeline_internal.worker_runs r
    where r.is_alone and r.ended_at is null and r.run_id is distinct from p_run_id
      and case when r.started_at is not null then r.heartbeat_at > clock_timestamp() - interval '30 seconds'
               -- A run that begins takes precedence over a run that was only called.
               else p_run_id is null and (
                 r.called_at > clock_timestamp() - interval '5 seconds'
                 or exists (select from net.http_request_queue q where q.id = r.request_id)) end)
$$;
comment on function pipeline_internal.is_isolation_taken is 'Whether another run tries suspects, or was called to.';

create function pipeline_internal.wake_isolation() returns uuid
language plpgsql set search_path = '' as $$
declare
  v_run_id uuid := gen_random_uuid();
  v_request_id bigint;
  v_stage text := (
    select s.stage from pipeline_internal.due_suspects() s
    where pipeline_internal.may_claim(s.stage) order by s.due_at limit 1);
begin
  if v_stage is null or not pipeline_internal.lock_isolation(p_nowait => true)
     or pipeline_internal.is_isolation_taken() then
    return null;
  end if;
  v_request_id := pipeline_internal.call_worker(v_stage || '?run_id=' || v_run_id, 'isolation');
  if v_request_id is null then return null; end if;
  insert into pipeline_internal.worker_runs (run_id, stage, request_id, is_alone)
  values (v_run_id, v_stage, v_request_id, true);
  return v_run_id;
end $$;
comment on function pipeline_internal.wake_isolation is
  'Calls the function `isolation` for the stage whose suspect has waited longest. Null, and nothing done: no suspect '
  'is due, or a run tries one already.';

create function pipeline_internal.begin_isolated_run(p_stage text, p_run_id uuid)
returns table (slots smallint, lease_seconds real)
language plpgsql set search_path = '' as $$
#variable_conflict use_column
begin
  perform pipeline_internal.lock_isolation();
  if pipeline_internal.is_isolation_taken(p_run_id) then
    update pipeline_internal.worker_runs set ended_at = clock_timestamp(), ended_by = 'refused'
    where run_id = p_run_id and started_at is null;
    return;
  end if;
  insert into pipeline_internal.worker_runs as r (run_id, stage, is_alone, started_at, heartbeat_at)
  values (p_run_id, p_stage, true, clock_timestamp(), clock_timestamp())
  on conflict (run_id) do update
    set started_at = excluded.started_at, heartbeat_at = excluded.heartbeat_at
    where r.is_alone and r.started_at is null and r.ended_at is null;
  if found then
    return query select 1::smallint, s.lease_seconds from pipeline_internal.stages s where s.stage = p_stage;
  end if;
end $$;
comment on function pipeline_internal.begin_isolated_run is
  'Begins the one run that tries suspects, with one slot. No row: another runs already; the run must do nothing.';

create function pipeline_internal.claim_isolated(p_stage text, p_run_id uuid) returns setof pipeline_internal.attempt
language plpgsql set search_path = ''
set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare
  v_stage pipeline_internal.stages;
  v_job_id uuid;
  v_msg_id bigint;
  v_is_locked boolean;
  v_read_ct int;
begin
  select * into strict v_stage from pipeline_internal.stages where stage = p_stage;
  update pipeline_internal.worker_runs set heartbeat_at = clock_timestamp()
  where run_id = p_run_id and started_at is not null;
  if pipeline_internal.lock_capacity(v_stage, 1) = 0 then return; end if;

  select s.job_id, s.message_id into v_job_id, v_msg_id
  from pipeline_internal.due_suspects() s where s.stage = p_stage order by s.due_at limit 1;
  if not found then return; end if;
  -- Message before job, as every worker locks them; then checks the job again. A locked message is another
  -- transaction's.
  execute format('select true from pgmq.%I where msg_id = $1 for update skip locked', 'q_' || p_stage)
  into v_is_locked using v_msg_id;
  if v_is_locked is null or not exists (
    select from pipeline_internal.due_suspects() s where s.job_id = v_job_id and s.message_id = v_msg_id
           and s.stage = p_stage
  ) then return; end if;
  execute format(
    'update pgmq.%I set vt = clock_timestamp() + make_interval(secs => $2), read_ct = read_ct + 1 '
    'where msg_id = $1 returning read_ct', 'q_' || p_stage) into v_read_ct using v_msg_id, v_stage.lease_seconds;
  perform pipeline_internal.consume_tokens(v_stage, 1);

  return query
    select * from pipeline_internal.begin_attempts(
      v_stage, array[v_job_id], array[v_msg_id], array[v_read_ct], p_run_id, p_alone => true);
end $$;
comment on function pipeline_internal.claim_isolated is
  'Leases the stage''s suspect that has waited longest, within the provider''s capacity.';

create function pipeline_internal.end_isolated_run(p_stage text, p_run_id uuid, p_reason text, p_settled_count int)
returns boolean
language plpgsql set search_path = '' as $$
begin
  perform pipeline_internal.lock_isolation();
  if p_reason = 'drained' and pipeline_internal.has_due_suspect(p_stage) then return false; end if;
  update pipeline_internal.worker_runs
  set ended_at = clock_timestamp(), ended_by = p_reason, settled_count = p_settled_count
  where run_id = p_run_id and ended_at is null;
  return true;
end $$;
comment on function pipeline_internal.end_isolated_run is
  'Ends the run that tries suspects; the sweeper calls the next one. False, and nothing done: the run is drained but '
  'another suspect of the stage is due, so it continues.';
