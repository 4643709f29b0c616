-- Settlement: the end of attempts. A worker settles all attempts that it has finished in one transaction, behind the
-- fence: for a lease that was lost nothing changes. In the same round trip the run continues: it claims more messages,
-- or continues inline at the next stage. settle_and_continue composes the steps.

create type pipeline_internal.settlement as (
  msg_id bigint, read_ct int,
  -- done: to the next stage, or complete
  -- parsed: the document is text already, so past fetch_result
  -- poll: the parser is at work; ask again later
  -- resubmit: the parser is stuck; submit once more
  -- reparse_pages: the parser failed on some pages; keep the rest and parse these once more
  -- pause: try again later, at no cost in attempts
  -- retry: the attempt failed; back off, and reject after the last attempt
  -- reject: another attempt would not help
  outcome text,
  -- What the stage made of the document: see the composite type <stage>_output.
  output jsonb,
  -- The error, as the document's owner sees it.
  code text, message text,
  after_seconds double precision,
  -- How the provider failed, for its circuit: transient, throttled or exhausted.
  fault text,
  -- What providers charged, as record_charges takes it.
  charges jsonb
);
comment on type pipeline_internal.settlement is 'How one attempt ends, as the worker reports it.';

create type pipeline_internal.settled as (
  job upload_pipeline.upload_jobs, leaves_stage boolean, next_stage text, delay_seconds int
);
comment on type pipeline_internal.settled is
  'A job, as it was, whose settlement took effect. If it leaves its stage, its message in next_stage is to be due '
  'after delay_seconds; without a next stage it is complete.';

create function pipeline_internal.record_error(
  p_job upload_pipeline.upload_jobs, p_type text, p_status text, p_code text, p_message text
) returns uuid
language sql set search_path = '' as $$
  insert into upload_pipeline.events (
    document_id, job_id, user_id, type, status, stage, code, message, attempt, correlation_id, run_id, claimed_at)
  values (
    p_job.document_id, p_job.job_id, p_job.user_id, p_type, p_status, p_job.stage, p_code, left(p_message, 2000),
    p_job.attempt_count, p_job.correlation_id, p_job.run_id,
    case when p_job.state = 'working' then p_job.claimed_at end)
  returning event_id
$$;
comment on function pipeline_internal.record_error is
  'Records an event of the job with this code and message, and returns its id.';

create function pipeline_internal.postpone(
  p_job upload_pipeline.upload_jobs, p_seconds double precision, p_state text
) returns timestamptz
language plpgsql set search_path = '' as $$
declare
  v_due timestamptz := clock_timestamp() + make_interval(secs => p_seconds);
begin
  -- A suspect's message stays hidden from claim. claim_isolated finds the suspect by its job.
  perform pipeline_internal.postpone_messages(
    p_job.stage, array[p_job.message_id],
    v_due + case when p_job.is_isolated then pipeline_internal.isolation_hiding() else interval '0' end);
  update upload_pipeline.upload_jobs
  set state = p_state, next_attempt_at = v_due, updated_at = clock_timestamp()
  where job_id = p_job.job_id;
  return v_due;
end $$;
comment on function pipeline_internal.postpone is
  'Ends the lease and makes the message due later. The caller holds the fence.';

create function pipeline_internal.keep_complete(p_job upload_pipeline.upload_jobs, p_code text, p_message text)
returns void
language plpgsql set search_path = '' as $$
begin
  -- The pending vectors stay: they are paid for, and may serve the next version.
  delete from pipeline_internal.pending_chunks where document_id = p_job.document_id;
  update upload_pipeline.upload_jobs
  set status = 'complete', state = 'done', stage = null, message_id = null, user_queued_at = null,
      next_attempt_at = null,
      waiting_for = null, finished_at = clock_timestamp(), updated_at = clock_timestamp(),
      last_error = jsonb_build_object(
        'code', p_code, 'message', left(p_message, 2000), 'stage', p_job.stage,
        'reference', pipeline_internal.record_error(p_job, 'warning', 'complete', p_code, p_message))
  where job_id = p_job.job_id;
end $$;
comment on function pipeline_internal.keep_complete is
  'A document that failed to be parsed once more stays complete with its present chunks, and with the error as its '
  'last error and as an event.';

create function pipeline_internal.reject(p_job upload_pipeline.upload_jobs, p_code text, p_message text) returns void
language plpgsql set search_path = '' as $$
declare
  v_failed_status text;
begin
  select failed_status into strict v_failed_status from pipeline_internal.stages where stage = p_job.stage;
  perform pipeline_internal.delete_messages(p_job.stage, array[p_job.message_id]);
  -- A document with chunks was to be parsed once more.
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
  'Moves the job to the dead letter with its failed_* status and the error. A document with chunks stays complete '
  'instead. The caller advances the owner''s user queue, after everything else that it locks.';

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
  'Schedules another attempt after exponential backoff with jitter, or after p_after_seconds if that is longer. '
  'Rejects the job after its last attempt.';

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
  'Makes the job due later without counting the attempt: a provider is throttled, or a worker returns a job that it '
  'cannot finish. With a message, the reason is an event.';

create function pipeline_internal.retry_or_wait_out(
  p_stage pipeline_internal.stages, p_job upload_pipeline.upload_jobs, p_settlement pipeline_internal.settlement
) returns void
language plpgsql set search_path = '' as $$
declare
  v_outage_seconds double precision := case
    when p_settlement.fault = 'transient' then pipeline_internal.outage_pause(p_stage.provider) end;
begin
  if v_outage_seconds is not null then
    perform pipeline_internal.pause(p_job, p_settlement.code, p_settlement.message, v_outage_seconds);
  else
    perform pipeline_internal.retry(
      p_job, p_settlement.code, p_settlement.message, coalesce(p_settlement.after_seconds, 0));
  end if;
end $$;
comment on function pipeline_internal.retry_or_wait_out is
  'Retries a failed attempt. While the circuit of the provider that failed it is open, the job waits at no cost in '
  'attempts.';

create function pipeline_internal.apply_settlement(
  p_stage pipeline_internal.stages, p_job upload_pipeline.upload_jobs, p_settlement pipeline_internal.settlement
) returns pipeline_internal.settled
language plpgsql set search_path = '' as $$
declare
  v_settled pipeline_internal.settled := row(p_job, false, null, 0);
begin
  if p_settlement.fault is not null then
    perform pipeline_internal.provider_failed(
      p_stage.provider, p_job.claimed_at, p_settlement.fault, p_settlement.code, p_settlement.message,
      p_settlement.after_seconds);
  end if;

  case p_settlement.outcome
    when 'done' then
      v_settled.delay_seconds := ceil(pipeline_internal.complete_stage(p_job, p_settlement.output));
      v_settled.leaves_stage := true;
      v_settled.next_stage := p_stage.next_stage;
    when 'parsed' then
      v_settled.next_stage := pipeline_internal.skip_parser(p_stage, p_job, p_settlement.output);
      v_settled.leaves_stage := true;
    when 'poll' then
      perform pipeline_internal.poll_later(p_job);
    when 'resubmit' then
      v_settled.next_stage := pipeline_internal.resubmit(p_job, p_settlement.code, p_settlement.message);
      v_settled.leaves_stage := v_settled.next_stage is not null;
    when 'reparse_pages' then
      v_settled.next_stage := pipeline_internal.reparse_pages(p_job, p_settlement.output);
      v_settled.leaves_stage := true;
    when 'pause' then
      -- Where the provider named no time, the document waits a while; the circuit has its own pause.
      perform pipeline_internal.pause(p_job, p_settlement.code, p_settlement.message, coalesce(
        nullif(p_settlement.after_seconds, 0),
        case p_settlement.fault when 'throttled' then 15 when 'exhausted' then 60 else 0 end));
    when 'retry' then
      perform pipeline_internal.retry_or_wait_out(p_stage, p_job, p_settlement);
    when 'reject' then
      -- A redrive submits a document once more that the parser gave up. One that only the pipeline gave up keeps its
      -- open submission, whose result may still be fetched.
      if p_job.stage = 'fetch_result' then
        perform pipeline_internal.close_submission(p_job.job_id, p_settlement.code);
      end if;
      perform pipeline_internal.reject(p_job, p_settlement.code, p_settlement.message);
  end case;
  return v_settled;
end $$;
comment on function pipeline_internal.apply_settlement is
  'The effect of one settlement on its job and on its provider''s circuit. A job that leaves its stage is not moved '
  'yet. The caller holds the fence.';

create function pipeline_internal.settle(
  p_stage pipeline_internal.stages, p_settlements pipeline_internal.settlement[]
) returns pipeline_internal.settled[]
language plpgsql set search_path = '' as $$
declare
  v_jobs upload_pipeline.upload_jobs[] := array(
    select j from pipeline_internal.lock_attempts(array(
      select row(p_stage.stage, s.msg_id, s.read_ct)::pipeline_internal.lease from unnest(p_settlements) s)) j);
  v_item record;
  v_settled pipeline_internal.settled[] := array[]::pipeline_internal.settled[];
  -- When the latest attempt began that the provider served.
  v_served_at timestamptz;
begin
  -- Also the charges of attempts whose lease was lost.
  perform pipeline_internal.record_charges(
    coalesce((select jsonb_agg(c) from unnest(p_settlements) s, jsonb_array_elements(s.charges) c), '[]'),
    array(select j.job_id from unnest(v_jobs) j));

  for v_item in
    select j as job, s.settlement
    from unnest(v_jobs) j
    join (
      -- Of two leases of one message only the later can be held.
      select distinct on (s.msg_id) s as settlement, s.msg_id from unnest(p_settlements) s
      order by s.msg_id, s.read_ct desc
    ) s on s.msg_id = j.message_id
    order by j.message_id
  loop
    v_settled := v_settled || pipeline_internal.apply_settlement(p_stage, v_item.job, v_item.settlement);
    if (v_item.settlement).outcome in ('done', 'poll', 'reparse_pages') then
      v_served_at := greatest(v_served_at, (v_item.job).claimed_at);
    end if;
  end loop;

  if v_served_at is not null and p_stage.provider is not null then
    perform pipeline_internal.provider_succeeded(p_stage.provider, v_served_at);
  end if;
  return v_settled;
end $$;
comment on function pipeline_internal.settle is
  'Ends attempts: records their charges and applies each settlement whose lease is still held. Jobs that leave the '
  'stage are not moved yet, see leave_stage and continue_inline.';

create function pipeline_internal.complete_jobs(p_job_ids uuid[]) returns void
language plpgsql set search_path = '' as $$
begin
  update upload_pipeline.upload_jobs
  set status = 'complete', state = 'done', stage = null, message_id = null, next_attempt_at = null,
      waiting_for = null, last_error = null, is_isolated = false, finished_at = clock_timestamp(),
      updated_at = clock_timestamp()
  where job_id = any (p_job_ids);
end $$;
comment on function pipeline_internal.complete_jobs is 'Jobs have passed their last stage.';

create function pipeline_internal.leave_stage(p_stage text, p_settled pipeline_internal.settled[]) returns void
language plpgsql set search_path = '' as $$
declare
  v_group record;
begin
  for v_group in
    select s.next_stage, array_agg((s.job).job_id) as job_ids, array_agg((s.job).message_id) as msg_ids,
           array_agg(s.delay_seconds) as delays
    from unnest(p_settled) s where s.leaves_stage
    group by s.next_stage order by s.next_stage
  loop
    perform pipeline_internal.delete_messages(p_stage, v_group.msg_ids);
    if v_group.next_stage is null then
      perform pipeline_internal.complete_jobs(v_group.job_ids);
    else
      perform pipeline_internal.enqueue(v_group.job_ids, v_group.next_stage, v_group.delays);
    end if;
  end loop;
end $$;
comment on function pipeline_internal.leave_stage is
  'Moves the jobs that leave the stage to their next stages, or completes them.';

create function pipeline_internal.continue_inline(
  p_stage pipeline_internal.stages, p_settled pipeline_internal.settled[], p_run_id uuid
) returns table (next_stage text, slots smallint, lease_seconds real, attempts pipeline_internal.attempt[])
language plpgsql set search_path = '' as $$
#variable_conflict use_column
declare
  v_next pipeline_internal.stages;
  v_count int := cardinality(p_settled);
  v_job_ids uuid[];
  v_msg_ids bigint[];
begin
  select * into v_next from pipeline_internal.stages s where s.stage = p_stage.next_stage;
  if not found or v_count not between 1 and least(v_next.slots, v_next.batch)
     or exists (select from unnest(p_settled) s where s.next_stage is distinct from v_next.stage or s.delay_seconds > 0)
     -- The order of the queue is kept.
     or pipeline_internal.has_work(v_next.stage)
     or pipeline_internal.lock_capacity(v_next, v_count) < v_count
     -- Only a claim sends the probe.
     or exists (select from pipeline_internal.providers p where p.provider = v_next.provider
        and p.opened_at is not null) then
    return;
  end if;
  -- Nowait: this transaction holds locks for which the holder of the stage's lock may wait.
  select v_next.stage, r.slots, r.lease_seconds into next_stage, slots, lease_seconds
  from pipeline_internal.begin_run(v_next.stage, p_run_id, p_nowait => true) r;
  if not found then return; end if;

  -- Without requests to take, lock_capacity has not locked the provider, which must not be locked after the stage.
  if v_next.requests_per_message > 0 then
    perform pipeline_internal.consume_tokens(v_next, v_count);
  end if;
  -- The new messages are leased from the start: hidden for lease_seconds, with a read_ct of 0.
  perform pipeline_internal.leave_stage(p_stage.stage, array(
    select row(s.job, true, v_next.stage, ceil(lease_seconds))::pipeline_internal.settled from unnest(p_settled) s));
  select array_agg(j.job_id), array_agg(j.message_id) into v_job_ids, v_msg_ids
  from upload_pipeline.upload_jobs j
  where j.job_id = any (array(select (s.job).job_id from unnest(p_settled) s));
  attempts := array(
    select a
    from pipeline_internal.begin_attempts(v_next, v_job_ids, v_msg_ids, array_fill(0, array[v_count]), p_run_id) a);
  -- Only this run acts on these attempts, and what it commits durably later makes this commit durable first.
  perform set_config('synchronous_commit', 'off', true);
  return next;
end $$;
comment on function pipeline_internal.continue_inline is
  'Begins the run p_run_id at the next stage with attempts at all these jobs: no run is woken and no message is '
  'read. The commit does not wait for the disk. No row, and nothing done: a job goes elsewhere or later, messages '
  'wait there, or the stage has no slot, run or capacity for all.';

create function pipeline_internal.advance_user_queues_of(p_settled pipeline_internal.settled[]) returns void
language plpgsql set search_path = '' as $$
begin
  if exists (select from unnest(p_settled) s where s.next_stage is null) then
    perform pipeline_internal.advance_user_queues(array(
      select distinct j.user_id from upload_pipeline.upload_jobs j
      where j.job_id = any (array(select (s.job).job_id from unnest(p_settled) s)) and j.finished_at is not null));
  end if;
end $$;
comment on function pipeline_internal.advance_user_queues_of is
  'Gives the user slots of the jobs that have finished to the next documents of their owners.';

create function pipeline_internal.settle_and_continue(
  p_stage text, p_settlements pipeline_internal.settlement[], p_run_id uuid default null, p_limit int default 0,
  p_next_run_id uuid default null, p_settled_count int default 0,
  out settled bigint[], out attempts pipeline_internal.attempt[], out next_stage text, out slots smallint,
  out lease_seconds real, out run_ended boolean
)
language plpgsql set search_path = ''
set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare
  v_stage pipeline_internal.stages;
  v_settled pipeline_internal.settled[];
begin
  select * into strict v_stage from pipeline_internal.stages s where s.stage = p_stage;

  -- In the order of docs/decisions/009: messages and jobs, providers, then the user queues. To wake a stage shares its
  -- lock, and the run that ends takes its stage last.
  v_settled := pipeline_internal.settle(v_stage, p_settlements);
  settled := array(select (s.job).message_id from unnest(v_settled) s);
  if p_limit > 0 then
    attempts := pipeline_internal.try_claim(p_stage, p_limit, p_run_id);
  end if;
  if p_next_run_id is not null then
    select c.next_stage, c.slots, c.lease_seconds, c.attempts into next_stage, slots, lease_seconds, attempts
    from pipeline_internal.continue_inline(v_stage, v_settled, p_next_run_id) c;
  end if;
  if next_stage is null then
    perform pipeline_internal.leave_stage(p_stage, v_settled);
  end if;
  perform pipeline_internal.advance_user_queues_of(v_settled);
  run_ended := next_stage is not null and pipeline_internal.end_run(
    p_stage, p_run_id, 'drained', p_settled_count + cardinality(settled), p_nowait => true);
end $$;
comment on function pipeline_internal.settle_and_continue is
  'Settles attempts and continues the run in one transaction. settled: the messages whose settlement took effect; the '
  'other '
  'leases were lost. With p_limit, attempts are up to so many more for the run p_run_id; null if it has to claim '
  'itself. With p_next_run_id, that run continues inline with the settled jobs, and next_stage, slots, lease_seconds '
  'and attempts are its own; next_stage is null if it cannot. run_ended: p_run_id, which had settled p_settled_count '
  'before, ended with that.';
