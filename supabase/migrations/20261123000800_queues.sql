-- The work waits in one pgmq queue a stage. A worker leases messages: pgmq hides them for a while and counts the reading.
-- Whoever settles must show that count, so a worker that lost its lease changes nothing.

create function pipeline_internal.create_queues() returns void
language plpgsql set search_path = '' as $$
declare
  v_stage text;
  v_sequence text;
begin
  for v_stage in select s.stage from pipeline_internal.stages s order by 1 loop
    -- Of a queue that is there it would lock the tables, to look for their indexes.
    if to_regclass('pgmq.q_' || v_stage) is null or to_regclass('pgmq.a_' || v_stage) is null then
      perform pgmq.create(v_stage);
    end if;
    -- No message may get a number that a job remembers.
    v_sequence := pg_get_serial_sequence('pgmq.q_' || v_stage, 'msg_id');
    perform setval(v_sequence, greatest(nextval(v_sequence), coalesce(max(j.message_id), 0) + 1), false)
    from upload_pipeline.upload_jobs j where j.stage = v_stage;
  end loop;
end $$;
comment on function pipeline_internal.create_queues is
  'Makes each stage''s queue, if it is not there. pgmq''s queues are members of the extension: a dump of the database lacks them, and who drops the extension drops them. Their messages reconcile() sends anew.';

select pipeline_internal.create_queues();

-- pgmq's functions write their statement anew at each call, and to have it planned takes longer than to run it. These know the
-- stages' queues, and a session keeps their plans; a queue that was added later is asked as pgmq would. A queue may be empty
-- when it is planned for and hold a million messages a second later: every plan goes by the indexes.
do $do$
declare
  v_head text;
  v_statement text;
begin
  for v_head, v_statement in values
    ('send_messages(p_stage text, p_job_ids uuid[], p_delays int[]) returns table (msg_id bigint, job_id uuid, vt timestamptz)',
     $$
       insert into pgmq.%I as q (vt, message)
       select clock_timestamp() + make_interval(secs => sent.delay), jsonb_build_object('job_id', sent.job_id)
       from unnest($2, $3) sent (job_id, delay)
       returning q.msg_id, (q.message ->> 'job_id')::uuid, q.vt
     $$),
    ('read_messages(p_stage text, p_count int, p_lease_seconds real) returns table (msg_id bigint, read_ct int, job_id uuid)',
     $$
       update pgmq.%1$I q set vt = clock_timestamp() + make_interval(secs => $3), read_ct = q.read_ct + 1
       where q.msg_id = any (array(
         select due.msg_id from pgmq.%1$I due where due.vt <= clock_timestamp()
         order by due.msg_id limit $2 for update skip locked))
       returning q.msg_id, q.read_ct, (q.message ->> 'job_id')::uuid
     $$),
    ('lock_messages(p_stage text, p_msg_ids bigint[]) returns table (msg_id bigint, read_ct int)',
     'select q.msg_id, q.read_ct from pgmq.%I q where q.msg_id = any ($2) order by q.msg_id for update'),
    ('postpone_messages(p_stage text, p_msg_ids bigint[], p_vt timestamptz) returns setof bigint',
     'update pgmq.%I q set vt = $3 where q.msg_id = any ($2) returning q.msg_id'),
    ('delete_messages(p_stage text, p_msg_ids bigint[]) returns setof bigint',
     'delete from pgmq.%I q where q.msg_id = any ($2) returning q.msg_id'),
    ('due_message(p_stage text) returns setof bigint',
     'select q.msg_id from pgmq.%I q where q.vt <= clock_timestamp() limit 1')
  loop
    execute format(
      $$
        create function pipeline_internal.%s
        language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan
        set enable_seqscan = off set enable_sort = off as %L
      $$,
      v_head,
      '#variable_conflict use_column begin case p_stage '
      || (select string_agg(
            format('when %L then return query %s; ', s.stage, format(v_statement, 'q_' || s.stage)), '' order by s.stage)
          from pipeline_internal.stages s)
      || format('else return query execute format(%L, %L || p_stage) using ', v_statement, 'q_')
      || (select string_agg('$' || n, ', ' order by n) from generate_series(1, regexp_count(v_head, '\mp_')) n)
      || '; end case; end');
  end loop;
end $do$;
comment on function pipeline_internal.send_messages is 'A message for each job, due after so many seconds.';
comment on function pipeline_internal.read_messages is
  'Leases up to p_count due messages, oldest first: hidden for so long, their reading counted. What others hold just now is passed over.';
comment on function pipeline_internal.lock_messages is
  'Locks messages, in the order of their ids, and says how often each was read. What is gone is left out.';
comment on function pipeline_internal.postpone_messages is 'Makes messages due at this time.';
comment on function pipeline_internal.delete_messages is 'Deletes messages, whoever holds them: for use behind the fence.';
comment on function pipeline_internal.due_message is 'One of the messages that are due, if there is any.';

create type pipeline_internal.lease as (stage text, msg_id bigint, read_ct int);
comment on type pipeline_internal.lease is
  'The right to settle one message: valid until somebody else reads the message.';

create function pipeline_internal.enqueue_all(
  p_job_ids uuid[], p_stage text, p_delays int[], p_wakes boolean default true
) returns void
language plpgsql set search_path = '' as $$
declare
  v_stage pipeline_internal.stages;
begin
  select * into strict v_stage from pipeline_internal.stages where stage = p_stage;

  update upload_pipeline.upload_jobs j
  set status = v_stage.entry_status, stage = p_stage, message_id = sent.msg_id, state = 'queued', user_queued_at = null,
      waiting_for = null, attempt_count = 0, units_done = 0, units_total = 0, resume = null, last_error = null,
      claimed_at = null, finished_at = null, updated_at = clock_timestamp(),
      -- Whoever comes from another stage has shown that it can be worked. What was given up as a suspect comes back as one.
      lost_count = case when is_isolated and stage is null then v_stage.isolate_after else 0 end,
      unexplained_count = case when is_isolated and stage is null then v_stage.isolate_after else 0 end,
      is_isolated = is_isolated and stage is null,
      next_attempt_at = case when sent.vt > clock_timestamp() then sent.vt end
  from pipeline_internal.send_messages(p_stage, p_job_ids, p_delays) sent
  where j.job_id = any (p_job_ids) and j.job_id = sent.job_id;

  if p_wakes and 0 >= any (p_delays) then
    perform pipeline_internal.wake(p_stage);
  end if;
end $$;
comment on function pipeline_internal.enqueue_all is
  'Puts jobs at the door of a stage: the stage''s entry status, their one message each on its queue, due after so many seconds, and, unless the caller sees to that, a wake-up call once the transaction commits.';

create function pipeline_internal.enqueue(p_job_id uuid, p_stage text, p_delay_seconds double precision default 0)
returns void
language sql set search_path = '' as $$
  select pipeline_internal.enqueue_all(array[p_job_id], p_stage, array[ceil(p_delay_seconds)::int])
$$;

create function pipeline_internal.requeue(p_job_id uuid) returns void
language plpgsql set search_path = '' as $$
begin
  update upload_pipeline.upload_jobs
  set message_id = (select sent.msg_id from pipeline_internal.send_messages(stage, array[job_id], array[0]) sent),
      -- An attempt that lost its message can settle nothing any more.
      attempt_count = case when state = 'working' then greatest(attempt_count - 1, 0) else attempt_count end,
      state = 'queued', next_attempt_at = null, updated_at = clock_timestamp()
  where job_id = p_job_id;
end $$;
comment on function pipeline_internal.requeue is
  'A new message in place of a lost one; the job goes on where it was.';

create type pipeline_internal.attempt as (
  msg_id bigint, read_ct int, job_id uuid, document_id uuid, user_id uuid,
  mime text, bytes_len bigint, file_sha256 text, raw_path text, original_path text, is_verified boolean, parsed_path text,
  page_starts int[],
  ocr boolean, resume jsonb, attempt int, correlation_id text, lease_seconds real
);
comment on type pipeline_internal.attempt is
  'What a worker is given: the lease, and what it needs to know of the job and its document.';

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
      where j.job_id = any (p_job_ids) and j.job_id = read.job_id and j.message_id = read.msg_id and j.stage = p_stage.stage
        and j.state <> 'working' and j.is_isolated = p_alone
      returning read.msg_id, read.read_ct, j.*
    )
    select b.msg_id, b.read_ct, b.job_id, d.document_id, d.user_id, d.mime, d.bytes_len, d.file_sha256,
           d.raw_path, d.original_path, d.verified_at is not null, d.parsed_path, d.page_starts, b.ocr, b.resume, b.attempt_count, b.correlation_id, p_stage.lease_seconds
    from begun b
    cross join lateral (select * from upload_pipeline.documents d where d.document_id = b.document_id limit 1) d;
end $$;
comment on function pipeline_internal.begin_attempts is
  'Puts into work the jobs whose messages were read, as far as they are still the jobs'' own: not those whose latest attempt was lost, and those that are tried alone only if p_alone, and no others then.';

create function pipeline_internal.claim(
  p_stage text, p_count int, p_run_id uuid default null, p_drops boolean default true
) returns setof pipeline_internal.attempt
language plpgsql set search_path = '' as $$
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

  v_capacity := pipeline_internal.lock_capacity(v_stage, least(p_count, v_stage.batch));
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
    if not p_drops then
      raise exception using errcode = 'no_data_found', message = 'a message cannot be claimed';
    end if;
    perform pipeline_internal.drop_unclaimable(v_stage, v_job_ids, v_msg_ids, v_begins_at);
  end if;
end $$;
comment on function pipeline_internal.claim is
  'Leases up to p_count due messages, oldest first, each to one worker only, as far as the stage''s provider allows. What it comes upon that it may not hand out it sees to: see drop_unclaimable; or raises no_data_found at the first such if it is not to drop them.';

create function pipeline_internal.drop_unclaimable(
  p_stage pipeline_internal.stages, p_job_ids uuid[], p_msg_ids bigint[], p_since timestamptz
) returns void
language plpgsql set search_path = '' as $$
declare
  v_read record;
  v_job upload_pipeline.upload_jobs;
  v_user_ids uuid[] := array[]::uuid[];
begin
  for v_read in select * from unnest(p_job_ids, p_msg_ids) r (job_id, msg_id) loop
    -- Locked, since its document may be deleted just now, and what is written of it then would name nothing.
    select * into v_job from upload_pipeline.upload_jobs j
    where j.job_id = v_read.job_id and j.stage = p_stage.stage and j.message_id = v_read.msg_id for update;
    if not found then
      -- Its document was deleted, or another message took its place.
      perform pipeline_internal.delete_messages(p_stage.stage, array[v_read.msg_id]);
    elsif v_job.state <> 'working' then
      -- It is tried alone, and whoever does that does not look here for it.
      perform pipeline_internal.postpone_messages(
        p_stage.stage, array[v_read.msg_id], clock_timestamp() + pipeline_internal.isolation_hiding());
    elsif coalesce(v_job.claimed_at, '-infinity') < p_since then
      -- Whoever had it never settled.
      if pipeline_internal.lose_attempt(p_stage, v_job) then
        v_user_ids := v_user_ids || v_job.user_id;
      end if;
    elsif v_job.attempt_count > p_stage.max_attempts then
      -- Fewer attempts are allowed than when it was tried last.
      perform pipeline_internal.reject(v_job, 'ATTEMPTS_EXHAUSTED', 'processing failed each time it was tried');
      v_user_ids := v_user_ids || v_job.user_id;
    end if;
  end loop;
  perform pipeline_internal.advance_user_queues(v_user_ids);
end $$;
comment on function pipeline_internal.drop_unclaimable is
  'Of messages that were read just now, since p_since: drops those whose job is gone, counts the attempts that their workers lost, hides what is tried alone, and gives up what has no attempt left.';

create function pipeline_internal.lock_held(p_stage text, p_msg_ids bigint[], p_read_cts int[]) returns bigint[]
language plpgsql set search_path = '' as $$
begin
  return array(
    select q.msg_id from pipeline_internal.lock_messages(p_stage, p_msg_ids) q
    join unnest(p_msg_ids, p_read_cts) shown (msg_id, read_ct) using (msg_id, read_ct));
end $$;
comment on function pipeline_internal.lock_held is
  'Locks messages, and says of which these are still the latest readings.';

create function pipeline_internal.extend_leases(
  p_stage text, p_msg_ids bigint[], p_read_cts int[], p_run_id uuid default null
) returns setof bigint
language plpgsql set search_path = '' as $$
declare
  v_lease_seconds real;
  v_held bigint[];
begin
  select lease_seconds into strict v_lease_seconds from pipeline_internal.stages where stage = p_stage;
  update pipeline_internal.worker_runs set heartbeat_at = clock_timestamp() where run_id = p_run_id;
  v_held := pipeline_internal.lock_held(p_stage, p_msg_ids, p_read_cts);
  -- That waited for settlements under way: a message just postponed is seen as such, and keeps its time.
  v_held := array(
    select j.message_id from upload_pipeline.upload_jobs j
    where j.stage = p_stage and j.message_id = any (v_held) and j.state = 'working');
  return query
    select pipeline_internal.postpone_messages(
      p_stage, v_held, clock_timestamp() + make_interval(secs => v_lease_seconds));
end $$;
comment on function pipeline_internal.extend_leases is
  'Prolongs the leases that are still held and returns their message ids; the others are lost.';

create function pipeline_internal.hold_all(p_stage text, p_msg_ids bigint[], p_read_cts int[])
returns setof upload_pipeline.upload_jobs
language plpgsql set search_path = '' as $$
declare
  v_held bigint[] := pipeline_internal.lock_held(p_stage, p_msg_ids, p_read_cts);
begin
  return query
    select * from upload_pipeline.upload_jobs j
    where j.stage = p_stage and j.message_id = any (v_held) and j.state = 'working'
    order by j.message_id
    for update;
end $$;
comment on function pipeline_internal.hold_all is
  'The fence. Locks and returns the jobs whose leases are still held; for the others the caller must change nothing.';

create function pipeline_internal.hold(p_lease pipeline_internal.lease) returns upload_pipeline.upload_jobs
language sql set search_path = '' as $$
  select * from pipeline_internal.hold_all(
    (p_lease).stage, array[(p_lease).msg_id], array[(p_lease).read_ct])
$$;
comment on function pipeline_internal.hold is
  'The fence for one lease: its job, locked, or a row of nulls, and then the caller must change nothing.';
