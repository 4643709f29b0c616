-- How attempts end. A worker settles as many as it has finished in one transaction, behind the fence; those whose lease was
-- lost change nothing, and it is told which took effect.

create function pipeline_internal.record_error(
  p_job upload_pipeline.upload_jobs, p_type text, p_status text, p_code text, p_message text
) returns uuid
language sql set search_path = '' as $$
  insert into upload_pipeline.events (
    document_id, job_id, user_id, type, status, stage, code, message, attempt, correlation_id, run_id)
  values (
    p_job.document_id, p_job.job_id, p_job.user_id, p_type, p_status, p_job.stage, p_code, left(p_message, 2000),
    p_job.attempt_count, p_job.correlation_id, p_job.run_id)
  returning event_id
$$;

create function pipeline_internal.postpone(
  p_job upload_pipeline.upload_jobs, p_seconds double precision, p_state text
) returns timestamptz
language plpgsql set search_path = '' as $$
declare
  v_due timestamptz := clock_timestamp() + make_interval(secs => p_seconds);
begin
  -- What is tried alone is found by its job's row; its message stays out of the others' way.
  perform pipeline_internal.postpone_messages(
    p_job.stage, array[p_job.message_id],
    v_due + case when p_job.is_isolated then pipeline_internal.isolation_hiding() else interval '0' end);
  update upload_pipeline.upload_jobs
  set state = p_state, next_attempt_at = v_due, updated_at = clock_timestamp()
  where job_id = p_job.job_id;
  return v_due;
end $$;
comment on function pipeline_internal.postpone is
  'Ends the lease and makes the message due later. For use behind the fence.';

create function pipeline_internal.keep_complete(p_job upload_pipeline.upload_jobs, p_code text, p_message text)
returns void
language plpgsql set search_path = '' as $$
begin
  -- What an attempt before this one cut will not answer. The vectors that it paid for may serve the next.
  delete from pipeline_internal.pending_chunks where document_id = p_job.document_id;
  update upload_pipeline.upload_jobs
  set status = 'complete', state = 'done', stage = null, message_id = null, user_queued_at = null, next_attempt_at = null,
      waiting_for = null, finished_at = clock_timestamp(), updated_at = clock_timestamp(),
      last_error = jsonb_build_object(
        'code', p_code, 'message', left(p_message, 2000), 'stage', p_job.stage,
        'reference', pipeline_internal.record_error(p_job, 'warning', 'complete', p_code, p_message))
  where job_id = p_job.job_id;
end $$;
comment on function pipeline_internal.keep_complete is
  'The document could not be read again, and answers as before: complete, with the reason as its last error and as an event.';

create function pipeline_internal.reject(p_job upload_pipeline.upload_jobs, p_code text, p_message text) returns void
language plpgsql set search_path = '' as $$
declare
  v_failed_status text;
begin
  select failed_status into strict v_failed_status from pipeline_internal.stages where stage = p_job.stage;
  perform pipeline_internal.delete_messages(p_job.stage, array[p_job.message_id]);
  -- It was to be read again, and answers as before.
  if v_failed_status = 'failed_parse' and exists (
    select from upload_pipeline.document_chunks where document_id = p_job.document_id
  ) then
    perform pipeline_internal.keep_complete(p_job, p_code, p_message);
    return;
  end if;

  update upload_pipeline.upload_jobs
  set status = v_failed_status, state = 'deadletter', stage = null, message_id = null, next_attempt_at = null,
      waiting_for = null, finished_at = clock_timestamp(), updated_at = clock_timestamp(),
      retry_count = retry_count + 1,
      last_error = jsonb_build_object(
        'code', p_code, 'message', left(p_message, 2000), 'stage', p_job.stage,
        'reference', pipeline_internal.record_error(p_job, 'failure', v_failed_status, p_code, p_message))
  where job_id = p_job.job_id;
  if v_failed_status = 'failed_parse' then
    perform pipeline_internal.remove_late_upload(p_job.document_id);
  end if;
end $$;
comment on function pipeline_internal.reject is
  'Gives the job up: its failed_* status and the dead letter, with the reason. Trying again would not help, or was tried enough. A document that answers already stays complete. The caller advances the owner''s line, after whatever else it locks.';

create function pipeline_internal.retry(
  p_job upload_pipeline.upload_jobs, p_code text, p_message text, p_after_seconds double precision
) returns void
language plpgsql set search_path = '' as $$
declare
  v_stage pipeline_internal.stages;
  v_delay double precision;
begin
  select * into strict v_stage from pipeline_internal.stages where stage = p_job.stage;
  if p_job.attempt_count >= v_stage.max_attempts then
    perform pipeline_internal.reject(p_job, p_code, p_message);
    return;
  end if;

  v_delay := least(
    v_stage.backoff_cap_seconds,
    v_stage.backoff_base_seconds * power(2, least(p_job.attempt_count - 1, 30)));
  v_delay := v_delay * (1 + v_stage.jitter * (2 * random() - 1));

  perform pipeline_internal.postpone(p_job, greatest(v_delay, p_after_seconds), 'retryable');
  update upload_pipeline.upload_jobs
  set retry_count = retry_count + 1, waiting_for = p_code,
      last_error = jsonb_build_object(
        'code', p_code, 'message', left(p_message, 2000), 'stage', p_job.stage,
        'reference', pipeline_internal.record_error(p_job, 'retry', p_job.status, p_code, p_message))
  where job_id = p_job.job_id;
end $$;
comment on function pipeline_internal.retry is
  'The attempt failed: another follows after exponential backoff with jitter, or after p_after_seconds if that is longer. Out of attempts, it rejects.';

create function pipeline_internal.pause(
  p_job upload_pipeline.upload_jobs, p_code text, p_message text, p_after_seconds double precision
) returns void
language plpgsql set search_path = '' as $$
begin
  perform pipeline_internal.postpone(p_job, p_after_seconds, 'queued');
  update upload_pipeline.upload_jobs
  set attempt_count = greatest(attempt_count - 1, 0), waiting_for = p_code
  where job_id = p_job.job_id;
  if p_message is not null then
    perform pipeline_internal.record_error(p_job, 'pause', p_job.status, p_code, p_message);
  end if;
end $$;
comment on function pipeline_internal.pause is
  'Come back later, at no cost in attempts: a provider asked for patience, or a worker gives back what it cannot finish. With a message, the reason is an event.';

create function pipeline_internal.move_to_next_stage(
  p_stage pipeline_internal.stages, p_jobs upload_pipeline.upload_jobs[], p_delays int[]
) returns void
language plpgsql set search_path = '' as $$
declare
  v_job_ids uuid[] := array(select j.job_id from unnest(p_jobs) with ordinality j order by j.ordinality);
begin
  perform pipeline_internal.delete_messages(p_stage.stage, array(select j.message_id from unnest(p_jobs) j));
  if p_stage.next_stage is not null then
    perform pipeline_internal.enqueue_all(v_job_ids, p_stage.next_stage, p_delays);
  else
    update upload_pipeline.upload_jobs
    set status = 'complete', state = 'done', stage = null, message_id = null, next_attempt_at = null,
        waiting_for = null, last_error = null, is_isolated = false, finished_at = clock_timestamp(),
        updated_at = clock_timestamp()
    where job_id = any (v_job_ids);
  end if;
end $$;
comment on function pipeline_internal.move_to_next_stage is
  'Success: these jobs leave the stage for the next one, or are complete if there is none. For use behind the fence.';

create function pipeline_internal.follow(
  p_stage pipeline_internal.stages, p_jobs upload_pipeline.upload_jobs[], p_run_id uuid
) returns table (next_stage text, slots smallint, lease_seconds real, jobs jsonb)
language plpgsql set search_path = '' as $$
#variable_conflict use_column
declare
  v_next pipeline_internal.stages;
  v_count int := cardinality(p_jobs);
  v_job_ids uuid[];
  v_msg_ids bigint[];
begin
  select * into v_next from pipeline_internal.stages s where s.stage = p_stage.next_stage;
  -- Nobody is overtaken. And it does not wait at the stage's door: this transaction holds what others there may wait for.
  if not found or v_count > least(v_next.slots, v_next.batch) or pipeline_internal.has_work(v_next.stage)
     or pipeline_internal.lock_capacity(v_next, v_count) < v_count
     -- To probe is for who claims.
     or exists (select from pipeline_internal.providers p where p.provider = v_next.provider and p.opened_at is not null) then
    return;
  end if;
  select v_next.stage, r.slots, r.lease_seconds into next_stage, slots, lease_seconds
  from pipeline_internal.begin_run(v_next.stage, p_run_id, p_waits => false) r;
  if not found then return; end if;

  -- Where there is nothing to spend the provider is not locked yet, and it must not be after the stage: the circuit may have
  -- opened since we looked.
  if v_next.requests_per_message > 0 then
    perform pipeline_internal.consume_tokens(v_next, v_count);
  end if;
  -- The messages are born leased: hidden for as long as a lease, and read by nobody yet.
  perform pipeline_internal.move_to_next_stage(
    p_stage, p_jobs, array_fill(ceil(lease_seconds)::int, array[v_count]));
  select array_agg(j.job_id), array_agg(j.message_id) into v_job_ids, v_msg_ids
  from upload_pipeline.upload_jobs j
  where j.job_id = any (array(select h.job_id from unnest(p_jobs) h));
  jobs := (
    select jsonb_agg(a)
    from pipeline_internal.begin_attempts(v_next, v_job_ids, v_msg_ids, array_fill(0, array[v_count]), p_run_id) a);
  -- Nobody but this run acts on it, and whatever that makes durable makes this durable first.
  perform set_config('synchronous_commit', 'off', true);
  return next;
end $$;
comment on function pipeline_internal.follow is
  'Goes along with jobs that are done: p_run_id begins at the next stage and has them in work there, with nobody woken and nothing read. The commit does not wait for the disk. No row, and nothing done, if the stage has others waiting, no room, or nobody it may ask.';

create function pipeline_internal.settle_and_go_on(
  p_stage text, p_settlements jsonb, p_next_run_id uuid default null, p_run_id uuid default null, p_settled_count int default 0,
  p_claims int default 0,
  out settled bigint[], out next_stage text, out slots smallint, out lease_seconds real, out jobs jsonb, out has_left boolean
)
language plpgsql set search_path = '' as $$
#variable_conflict use_column
declare
  v_stage pipeline_internal.stages;
  v_jobs upload_pipeline.upload_jobs[];
  v_item record;
  v_done upload_pipeline.upload_jobs[] := array[]::upload_pipeline.upload_jobs[];
  v_delays int[] := array[]::int[];
  v_parsed upload_pipeline.upload_jobs[] := array[]::upload_pipeline.upload_jobs[];
  v_resubmits boolean := false;
  -- Whether any of the jobs may be finished now, and the owners of those that are.
  v_may_finish boolean := false;
  v_finished uuid[];
  -- When the latest of the attempts began that its provider served.
  v_served_at timestamptz;
  v_outage double precision;
begin
  settled := array[]::bigint[];
  select * into strict v_stage from pipeline_internal.stages where stage = p_stage;
  v_jobs := array(
    select h from pipeline_internal.hold_all(
      p_stage,
      array(select (s ->> 'msg_id')::bigint from jsonb_array_elements(p_settlements) s),
      array(select (s ->> 'read_ct')::int from jsonb_array_elements(p_settlements) s)) h);
  perform pipeline_internal.record_charges(
    jsonb_path_query_array(p_settlements, '$[*].charges[*]'), array(select h.job_id from unnest(v_jobs) h));

  for v_item in
    select j as job, s.*
    from unnest(v_jobs) j
    join (
      -- Of two readings of one message only the later can be held.
      select distinct on (r.msg_id) r.*
      from jsonb_to_recordset(p_settlements) as r (
        msg_id bigint, read_ct int, outcome text, output jsonb, code text, message text,
        after_seconds double precision, fault text)
      order by r.msg_id, r.read_ct desc
    ) s on s.msg_id = j.message_id
    order by j.message_id
  loop
    if v_item.fault is not null then
      perform pipeline_internal.provider_failed(
        v_stage.provider, (v_item.job).claimed_at, v_item.fault, v_item.code, v_item.message, v_item.after_seconds);
    end if;
    v_outage := case when v_item.fault = 'transient' then pipeline_internal.outage_pause(v_stage.provider) end;

    case v_item.outcome
      when 'parsed' then
        perform pipeline_internal.apply_fetch_result(v_item.job, v_item.output);
        v_parsed := v_parsed || v_item.job;
      when 'done' then
        v_delays := v_delays || ceil(pipeline_internal.apply_output(v_item.job, v_item.output))::int;
        v_done := v_done || v_item.job;
        v_served_at := greatest(v_served_at, (v_item.job).claimed_at);
      when 'poll' then
        perform pipeline_internal.poll_later(v_item.job);
        v_served_at := greatest(v_served_at, (v_item.job).claimed_at);
      when 'resubmit' then
        perform pipeline_internal.resubmit(v_item.job, v_item.code, v_item.message);
        v_resubmits := true;
      when 'reparse_pages' then
        perform pipeline_internal.reparse_pages(v_item.job, v_item.output);
        v_resubmits := true;
        v_served_at := greatest(v_served_at, (v_item.job).claimed_at);
      when 'pause' then
        -- A provider that names no time is left alone a while; how long the circuit stays open is its own affair.
        perform pipeline_internal.pause(
          v_item.job, v_item.code, v_item.message,
          coalesce(
            nullif(v_item.after_seconds, 0),
            case v_item.fault when 'throttled' then 15 when 'exhausted' then 60 else 0 end));
      when 'retry' then
        if v_outage is not null then
          -- It is not this document's fault, so it costs no attempt.
          perform pipeline_internal.pause(v_item.job, v_item.code, v_item.message, v_outage);
        else
          perform pipeline_internal.retry(
            v_item.job, v_item.code, v_item.message, coalesce(v_item.after_seconds, 0));
        end if;
      when 'reject' then
        -- What the parser gave up is submitted anew on a redrive; what only we gave up is looked for.
        if p_stage = 'fetch_result' then
          perform pipeline_internal.close_submission((v_item.job).job_id, v_item.code);
        end if;
        perform pipeline_internal.reject(v_item.job, v_item.code, v_item.message);
    end case;
    v_may_finish := v_may_finish or not (
      v_item.outcome in ('parsed', 'poll', 'pause', 'reparse_pages') or (v_item.outcome = 'done' and v_stage.next_stage is not null));
    settled := settled || (v_item.job).message_id;
  end loop;

  -- What locks a provider comes before what wakes a stage: the order in which a run starts, too.
  if v_served_at is not null and v_stage.provider is not null then
    perform pipeline_internal.provider_succeeded(v_stage.provider, v_served_at);
  end if;
  -- Its own next messages before the next stage's, since to enqueue takes that stage's lock.
  if p_claims > 0 then
    begin
      jobs := (
        select coalesce(jsonb_agg(c), '[]')
        from pipeline_internal.claim(p_stage, p_claims, p_run_id, p_drops => false) c);
    exception when no_data_found then
      null;
    end;
  end if;
  if cardinality(v_done) > 0 then
    if p_next_run_id is not null and 0 = all (v_delays) then
      select f.* into next_stage, slots, lease_seconds, jobs
      from pipeline_internal.follow(v_stage, v_done, p_next_run_id) f;
    end if;
    if next_stage is null then
      perform pipeline_internal.move_to_next_stage(v_stage, v_done, v_delays);
    end if;
  end if;
  if cardinality(v_parsed) > 0 then
    -- There is nothing to fetch: on to what follows that.
    v_stage.next_stage := (select next_stage from pipeline_internal.stages where stage = v_stage.next_stage);
    perform pipeline_internal.move_to_next_stage(v_stage, v_parsed, array_fill(0, array[cardinality(v_parsed)]));
  end if;
  if v_resubmits then
    perform pipeline_internal.wake('parse');
  end if;

  -- Last, and for all at once: whoever locks several users' lines does so in the same order, and locks nothing after them
  -- but what stands in line.
  if v_may_finish then
    v_finished := array(
      select distinct j.user_id from upload_pipeline.upload_jobs j
      where j.job_id = any (array(select h.job_id from unnest(v_jobs) h)) and j.finished_at is not null);
    perform pipeline_internal.advance_user_queues(v_finished);
  end if;
  has_left := next_stage is not null and pipeline_internal.end_run(
    p_stage, p_run_id, 'drained', p_settled_count + cardinality(settled), p_waits => false);
end $$;
comment on function pipeline_internal.settle_and_go_on is
  'Settles attempts in one transaction, and goes on within it. settled: the messages for which it took effect; the leases of the others were lost. p_settlements: [{msg_id, read_ct, outcome: done|parsed|poll|resubmit|reparse_pages|pause|retry|reject, output?, code?, message?, after_seconds?, fault?: transient|throttled|exhausted, charges?: as record_charges takes them}]. Charges count whether or not the lease was held. What is done wakes the next stage; or, if p_next_run_id is given, that run begins there with it, as follow answers, or next_stage is null. has_left: with that the run p_run_id, which had settled so many before, has ended. If it is to claim, not follow, jobs are up to p_claims messages for p_run_id, as start_run answers.';

create function pipeline_internal.settle(p_stage text, p_settlements jsonb) returns setof bigint
language plpgsql set search_path = '' as $$
begin
  return query select unnest(settled) from pipeline_internal.settle_and_go_on(p_stage, p_settlements);
end $$;
comment on function pipeline_internal.settle is
  'settle_and_go_on without going on: the messages for which it took effect.';

create function pipeline_internal.apply_output(p_job upload_pipeline.upload_jobs, p_output jsonb)
returns double precision
language plpgsql set search_path = '' as $$
begin
  case p_job.stage
    when 'parse' then return pipeline_internal.apply_parse(p_job, p_output);
    when 'fetch_result' then perform pipeline_internal.apply_fetch_result(p_job, p_output);
    when 'chunk' then perform pipeline_internal.apply_chunk(p_job, p_output);
    when 'embed' then perform pipeline_internal.apply_embed(p_job);
    else null;
  end case;
  return 0;
end $$;
comment on function pipeline_internal.apply_output is
  'Writes what the stage made of the document. Returns the seconds before the next stage is due.';

create function pipeline_internal.start_again(p_job_id uuid) returns boolean
language plpgsql set search_path = '' as $$
declare
  v_job upload_pipeline.upload_jobs;
  v_stage text;
begin
  select j.* into v_job from upload_pipeline.upload_jobs j
  where j.job_id = p_job_id and j.state = 'deadletter' for update;
  if not found then return false; end if;

  select s.redrive_stage into strict v_stage
  from pipeline_internal.stages s where s.stage = v_job.last_error ->> 'stage';
  if v_stage = 'parse' then
    perform pipeline_internal.admit(p_job_id, v_job.user_id);
  else
    perform pipeline_internal.enqueue(p_job_id, v_stage);
  end if;
  return true;
end $$;
comment on function pipeline_internal.start_again is
  'Takes a job out of the dead letter and starts the stage that failed anew. False: it is not there.';

create function pipeline_internal.redrive_all(
  p_code text default null, p_user_id uuid default null, p_from timestamptz default null,
  p_until timestamptz default null, p_dry_run boolean default true
) returns table (
  job_count bigint, page_count bigint, jobs_of_unknown_length bigint, token_count bigint, cost_cents numeric,
  redriven_count bigint
)
language plpgsql set search_path = '' as $$
declare
  v_job_ids uuid[] := array(
    select j.job_id from upload_pipeline.upload_jobs j
    where j.state = 'deadletter' and (p_code is null or j.last_error ->> 'code' = p_code)
      and (p_user_id is null or j.user_id = p_user_id)
      and (p_from is null or j.finished_at >= p_from) and (p_until is null or j.finished_at < p_until)
    order by j.finished_at);
begin
  redriven_count := 0;
  select count(*),
         coalesce(sum(d.page_count) filter (where j.status = 'failed_parse'), 0),
         count(*) filter (where j.status = 'failed_parse' and d.page_count is null),
         coalesce(sum((
           select sum(unpaid.tokens)
           from (
             select max(c.token_count) as tokens from pipeline_internal.pending_chunks c
             where c.document_id = j.document_id
               and not exists (
                 select from pipeline_internal.pending_vectors v
                 where v.document_id = c.document_id and v.chunk_sha = c.chunk_sha)
             group by c.chunk_sha
           ) unpaid)), 0)
  into job_count, page_count, jobs_of_unknown_length, token_count
  from upload_pipeline.upload_jobs j join upload_pipeline.documents d using (document_id)
  where j.job_id = any (v_job_ids);

  cost_cents := round(pipeline_internal.expected_cents(page_count, token_count), 4);

  if not p_dry_run then
    -- The users before what is theirs, as whoever redrives one does; then the jobs, but for those that somebody else sees to
    -- just now; then every line, in the same order as whoever else locks several.
    perform from auth.users u
    where u.id in (select j.user_id from upload_pipeline.upload_jobs j where j.job_id = any (v_job_ids))
    order by u.id for key share;
    v_job_ids := array(
      select j.job_id from upload_pipeline.upload_jobs j
      where j.job_id = any (v_job_ids) and j.state = 'deadletter' order by j.finished_at for update skip locked);
    perform pipeline_internal.lock_user_queue(u.user_id) from (
      select distinct user_id from upload_pipeline.upload_jobs where job_id = any (v_job_ids) order by 1) u;
    select count(*) filter (where pipeline_internal.redrive(id)) into redriven_count from unnest(v_job_ids) id;
  end if;
  return next;
end $$;
comment on function pipeline_internal.redrive_all is
  'Redrives what failed with this code, of this user, in this time. Dry by default: how many jobs, the pages and tokens that LlamaParse and OpenAI would charge for, and the list price of those. A job whose pages were never counted is not in the price.';

create function pipeline_internal.probe_provider(p_provider text) returns bigint
language plpgsql set search_path = '' as $$
declare
  v_stage text;
  v_msg_ids bigint[];
  v_due_count bigint := 0;
begin
  for v_stage in select s.stage from pipeline_internal.stages s where s.provider = p_provider order by 1 loop
    -- The messages before their jobs, as workers do. What is locked is being worked on.
    execute format(
      'select array(select q.msg_id from pgmq.%I q where q.msg_id = any ($1) order by q.msg_id for update skip locked)',
      'q_' || v_stage) into v_msg_ids
      using array(
        select j.message_id from upload_pipeline.upload_jobs j
        where j.stage = v_stage and j.next_attempt_at > clock_timestamp()
          and exists (select from pipeline_internal.providers p where p.provider = p_provider and p.opened_at is not null));
    with due as (
      update upload_pipeline.upload_jobs j set next_attempt_at = clock_timestamp(), updated_at = clock_timestamp()
      where j.stage = v_stage and j.message_id = any (v_msg_ids) and j.state <> 'working'
        -- That the provider is still at work says nothing against it.
        and j.waiting_for is distinct from 'PARSER_AT_WORK'
      returning j.message_id
    ) select array(select message_id from due) into v_msg_ids;
    perform pipeline_internal.postpone_messages(v_stage, v_msg_ids, clock_timestamp());
    v_due_count := v_due_count + cardinality(v_msg_ids);
  end loop;

  update pipeline_internal.providers set probe_at = clock_timestamp()
  where provider = p_provider and opened_at is not null;
  if found then
    perform pipeline_internal.wake(s.stage) from pipeline_internal.stages s
    where s.provider = p_provider and pipeline_internal.has_work(s.stage);
  end if;
  return v_due_count;
end $$;
comment on function pipeline_internal.probe_provider is
  'An operator says that a provider which is left alone is well again: it is asked at once, by the first of those that waited for it, and their number is returned. They are due, but go on only if that one succeeds. 0 without acting: it is not left alone.';
