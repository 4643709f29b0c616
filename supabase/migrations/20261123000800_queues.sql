-- Each stage has one pgmq queue of the same name; each active job has one message, in the queue of its current stage. A
-- worker leases messages: reading a message hides it for lease_seconds and increments its read_ct. A worker settles
-- with that read_ct, so a worker that lost its lease changes nothing. The statements on the queues themselves: see
-- stage_switches.

create function pipeline_internal.create_queues() returns void
language plpgsql set search_path = '' as $$
declare
  v_stage text;
  v_sequence text;
begin
  for v_stage in select s.stage from pipeline_internal.stages s order by 1 loop
    -- pgmq.create locks the tables of an existing queue.
    if to_regclass('pgmq.q_' || v_stage) is null or to_regclass('pgmq.a_' || v_stage) is null then
      perform pgmq.create(v_stage);
    end if;
    -- A new message must not get the id of a message that a job still refers to.
    v_sequence := pg_get_serial_sequence('pgmq.q_' || v_stage, 'msg_id');
    perform setval(v_sequence, greatest(nextval(v_sequence), coalesce(max(j.message_id), 0) + 1), false)
    from upload_pipeline.upload_jobs j where j.stage = v_stage;
  end loop;
end $$;
comment on function pipeline_internal.create_queues is
  'Creates the missing queues of all stages. pgmq''s queues are members of the extension: a dump of the database '
  'lacks them, and dropping the extension drops them. reconcile() then replaces their messages.';

create type pipeline_internal.lease as (stage text, msg_id bigint, read_ct int);
comment on type pipeline_internal.lease is
  'The right to settle one attempt: valid until another worker reads the message.';

create function pipeline_internal.enqueue(p_job_ids uuid[], p_stage text, p_delays int[] default null) returns void
language plpgsql set search_path = ''
set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare
  v_stage pipeline_internal.stages;
begin
  select * into strict v_stage from pipeline_internal.stages where stage = p_stage;
  p_delays := coalesce(p_delays, array_fill(0, array[cardinality(p_job_ids)]));

  update upload_pipeline.upload_jobs j
  set status = v_stage.entry_status, stage = p_stage, message_id = sent.msg_id, state = 'queued', user_queued_at = null,
      waiting_for = null, attempt_count = 0, units_done = 0, units_total = 0, resume = null, last_error = null,
      claimed_at = null, finished_at = null, updated_at = clock_timestamp(),
      -- A job that finished another stage is no suspect. A suspect that was given up comes back as a suspect.
      lost_count = case when is_isolated and stage is null then v_stage.isolate_after else 0 end,
      unexplained_count = case when is_isolated and stage is null then v_stage.isolate_after else 0 end,
      is_isolated = is_isolated and stage is null,
      next_attempt_at = case when sent.vt > clock_timestamp() then sent.vt end
  from pipeline_internal.send_messages(p_stage, p_job_ids, p_delays) sent
  where j.job_id = any (p_job_ids) and j.job_id = sent.job_id;

  if 0 >= any (p_delays) then
    perform pipeline_internal.wake(p_stage);
  end if;
end $$;
comment on function pipeline_internal.enqueue is
  'Puts jobs into a stage: sets its entry status, sends each job''s message, due after so many seconds (by default '
  'at once), and wakes the stage if any is due at once.';

create function pipeline_internal.requeue(p_job_id uuid) returns void
language plpgsql set search_path = '' as $$
begin
  update upload_pipeline.upload_jobs
  set message_id = (select sent.msg_id from pipeline_internal.send_messages(stage, array[job_id], array[0]) sent),
      -- An attempt whose message is lost can no longer settle.
      attempt_count = case when state = 'working' then greatest(attempt_count - 1, 0) else attempt_count end,
      state = 'queued', next_attempt_at = null, updated_at = clock_timestamp()
  where job_id = p_job_id;
end $$;
comment on function pipeline_internal.requeue is
  'Replaces a job''s lost message; the job continues in its stage.';

create type pipeline_internal.attempt as (
  msg_id bigint, read_ct int, job_id uuid, document_id uuid, user_id uuid,
  mime text, bytes_len bigint, file_sha256 text, raw_path text, original_path text, is_verified boolean,
  parsed_path text,
  page_starts int[],
  ocr boolean, resume jsonb, attempt int, correlation_id text, lease_seconds real
);
comment on type pipeline_internal.attempt is
  'What a worker gets to process one job: its lease, and the job''s and document''s fields that stages use.';

create function pipeline_internal.begin_attempts(
  p_stage pipeline_internal.stages, p_job_ids uuid[], p_msg_ids bigint[], p_read_cts int[], p_run_id uuid,
  p_alone boolean default false
) returns setof pipeline_internal.attempt
language plpgsql set search_path = '' as $$
begin
  return query
    with begun as (
      update upload_pipeline.upload_jobs j
      set state = 'working', attempt_count = j.attempt_count + 1, claimed_at = clock_timestamp(), run_id = p_run_id,
          next_attempt_at = null, waiting_for = null, updated_at = clock_timestamp(),
          status = case when j.status = p_stage.entry_status then p_stage.working_status else j.status end
      from unnest(p_job_ids, p_msg_ids, p_read_cts) read (job_id, msg_id, read_ct)
      where j.job_id = any (p_job_ids) and j.job_id = read.job_id and j.message_id = read.msg_id
        and j.stage = p_stage.stage
        and j.state <> 'working' and j.is_isolated = p_alone
      returning read.msg_id, read.read_ct, j.*
    )
    select b.msg_id, b.read_ct, b.job_id, d.document_id, d.user_id, d.mime, d.bytes_len, d.file_sha256,
           d.raw_path, d.original_path, d.verified_at is not null, d.parsed_path, d.page_starts, b.ocr, b.resume,
           b.attempt_count, b.correlation_id, p_stage.lease_seconds
    from begun b
    cross join lateral (select * from upload_pipeline.documents d where d.document_id = b.document_id limit 1) d;
end $$;
comment on function pipeline_internal.begin_attempts is
  'Begins attempts at the jobs whose messages were read. Leaves out jobs that have another message, jobs whose '
  'latest attempt was lost, and suspects; if p_alone, all but suspects.';

create function pipeline_internal.claim(
  p_stage text, p_limit int, p_run_id uuid default null, p_strict boolean default false
) returns setof pipeline_internal.attempt
language plpgsql set search_path = ''
set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare
  v_stage pipeline_internal.stages;
  v_capacity int;
  v_job_ids uuid[];
  v_msg_ids bigint[];
  v_read_cts int[];
  v_claimed_count int;
  v_begins_at timestamptz := clock_timestamp();
begin
  select * into strict v_stage from pipeline_internal.stages where stage = p_stage;
  update pipeline_internal.worker_runs set heartbeat_at = clock_timestamp()
  where run_id = p_run_id and started_at is not null;

  v_capacity := pipeline_internal.lock_capacity(v_stage, least(p_limit, v_stage.batch));
  if v_capacity = 0 then return; end if;
  select array_agg(r.job_id), array_agg(r.msg_id), array_agg(r.read_ct) into v_job_ids, v_msg_ids, v_read_cts
  from pipeline_internal.read_messages(p_stage, v_capacity, v_stage.lease_seconds) r;
  if v_msg_ids is null then return; end if;
  perform pipeline_internal.consume_tokens(v_stage, cardinality(v_msg_ids));

  return query
    select * from pipeline_internal.begin_attempts(v_stage, v_job_ids, v_msg_ids, v_read_cts, p_run_id) a
    where a.attempt <= v_stage.max_attempts;
  get diagnostics v_claimed_count = row_count;

  if v_claimed_count < cardinality(v_msg_ids) then
    if p_strict then
      raise exception using errcode = 'no_data_found', message = 'a message cannot be claimed';
    end if;
    perform pipeline_internal.resolve_unclaimable(v_stage, v_job_ids, v_msg_ids, v_begins_at);
  end if;
end $$;
comment on function pipeline_internal.claim is
  'Leases up to p_limit due messages, oldest first, each to one worker only, within the provider''s capacity. '
  'Messages that cannot be claimed are resolved, see resolve_unclaimable; if p_strict, the first of them raises '
  'no_data_found.';

create function pipeline_internal.try_claim(p_stage text, p_limit int, p_run_id uuid)
returns pipeline_internal.attempt[]
language plpgsql set search_path = '' as $$
begin
  return array(select a from pipeline_internal.claim(p_stage, p_limit, p_run_id, p_strict => true) a);
exception when no_data_found then
  return null;
end $$;
comment on function pipeline_internal.try_claim is
  'claim within another operation, since it locks no user queue. Null, with nothing claimed: a message cannot be '
  'claimed, so call claim.';

create function pipeline_internal.resolve_unclaimable(
  p_stage pipeline_internal.stages, p_job_ids uuid[], p_msg_ids bigint[], p_since timestamptz
) returns void
language plpgsql set search_path = '' as $$
declare
  v_read record;
  v_job upload_pipeline.upload_jobs;
  v_user_ids uuid[] := array[]::uuid[];
begin
  for v_read in select * from unnest(p_job_ids, p_msg_ids) r (job_id, msg_id) loop
    -- The lock keeps a concurrent deletion from leaving events of a document that is gone.
    select * into v_job from upload_pipeline.upload_jobs j
    where j.job_id = v_read.job_id and j.stage = p_stage.stage and j.message_id = v_read.msg_id for update;
    if not found then
      -- The document was deleted, or the job has another message.
      perform pipeline_internal.delete_messages(p_stage.stage, array[v_read.msg_id]);
    elsif v_job.state <> 'working' then
      -- A suspect. claim_isolated finds it by its job.
      perform pipeline_internal.postpone_messages(
        p_stage.stage, array[v_read.msg_id], clock_timestamp() + pipeline_internal.isolation_hiding());
    elsif coalesce(v_job.claimed_at, '-infinity') < p_since then
      -- The worker of the latest attempt never settled.
      if pipeline_internal.lose_attempt(p_stage, v_job) then
        v_user_ids := v_user_ids || v_job.user_id;
      end if;
    elsif v_job.attempt_count > p_stage.max_attempts then
      -- An operator has lowered max_attempts since the latest attempt.
      perform pipeline_internal.reject(v_job, 'ATTEMPTS_EXHAUSTED', 'processing failed each time it was tried');
      v_user_ids := v_user_ids || v_job.user_id;
    end if;
  end loop;
  perform pipeline_internal.advance_user_queues(v_user_ids);
end $$;
comment on function pipeline_internal.resolve_unclaimable is
  'Of messages read since p_since: deletes those whose job is gone, counts attempts that workers lost, hides '
  'suspects, and rejects jobs without an attempt left.';

create function pipeline_internal.lock_attempts(p_leases pipeline_internal.lease[])
returns setof upload_pipeline.upload_jobs
language plpgsql set search_path = '' as $$
declare
  v_stage text := (p_leases[1]).stage;
  v_held bigint[] := array(
    select q.msg_id
    from pipeline_internal.lock_messages(v_stage, array(select l.msg_id from unnest(p_leases) l)) q
    join unnest(p_leases) l using (msg_id, read_ct));
begin
  return query
    select * from upload_pipeline.upload_jobs j
    where j.stage = v_stage and j.message_id = any (v_held) and j.state = 'working'
    order by j.message_id
    for update;
end $$;
comment on function pipeline_internal.lock_attempts is
  'The fence. Locks the messages of these leases, all of one stage, then locks and returns the jobs whose leases are '
  'still held. The caller must change nothing for the others.';

create function pipeline_internal.extend_leases(
  p_stage text, p_msg_ids bigint[], p_read_cts int[], p_run_id uuid default null
) returns setof bigint
language plpgsql set search_path = ''
set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare
  v_lease_seconds real;
  v_held bigint[];
begin
  select lease_seconds into strict v_lease_seconds from pipeline_internal.stages where stage = p_stage;
  update pipeline_internal.worker_runs set heartbeat_at = clock_timestamp() where run_id = p_run_id;
  v_held := array(
    select q.msg_id from pipeline_internal.lock_messages(p_stage, p_msg_ids) q
    join unnest(p_msg_ids, p_read_cts) l (msg_id, read_ct) using (msg_id, read_ct));
  -- A statement of its own, to see the settlements that the lock has waited for: a message that one postponed keeps its
  -- time. The jobs are only read, so that extending leases waits for nothing but messages.
  v_held := array(
    select j.message_id from upload_pipeline.upload_jobs j
    where j.stage = p_stage and j.message_id = any (v_held) and j.state = 'working');
  return query
    select pipeline_internal.postpone_messages(
      p_stage, v_held, clock_timestamp() + make_interval(secs => v_lease_seconds));
end $$;
comment on function pipeline_internal.extend_leases is
  'Extends the leases that are still held and returns their message ids; the others are lost.';
