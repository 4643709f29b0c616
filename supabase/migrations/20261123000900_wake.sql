-- Nothing polls an idle system. A transaction that enqueues messages wakes the stage's function through pg_net, and an
-- invocation works until the queue is empty. The sweeper (see schedules) wakes stages whose request was lost.
--
-- Functions that every stage transition calls are plpgsql even where they are a single query: a session keeps the plans
-- of plpgsql, but plans a SQL function that it cannot inline at each call.
--
-- Functions that TypeScript calls for every document plan for indexes only, with one plan for a session: enable_seqscan
-- = off, since a plan made while a table is nearly empty is still used when it holds a million rows; plan_cache_mode =
-- force_generic_plan, since the planner would plan a statement with an array parameter at each call; jit = off, since a
-- table without an index is then read at a cost that is high on paper only. What they call inherits this.

create table pipeline_internal.worker_runs (
  run_id uuid primary key default gen_random_uuid(),
  -- One of pipeline_internal.stages. No foreign key: all runs would lock the same few rows.
  stage text not null,
  called_at timestamptz not null default clock_timestamp(),
  -- pg_net's id of the call. Null: the run began without a call.
  request_id bigint,
  started_at timestamptz,
  heartbeat_at timestamptz,
  ended_at timestamptz,
  -- Whether the run processes suspects, one at a time; see lost_attempts.
  is_alone boolean not null default false,
  -- Why the run ended: drained, budget, refused, shutdown, failed, or lost (its heartbeat stopped).
  ended_by text,
  settled_count int not null default 0
);
comment on table pipeline_internal.worker_runs is
  'One row for each run of a stage, from the call on. Bounds how many run at once.';
create index worker_runs_open_idx on pipeline_internal.worker_runs (stage) where ended_at is null;
create index worker_runs_called_at_idx on pipeline_internal.worker_runs (called_at);
alter table pipeline_internal.worker_runs enable row level security;

create view pipeline_internal.live_runs with (security_invoker = true) as
select * from pipeline_internal.worker_runs r
where ended_at is null and not is_alone
  and case
    when started_at is not null then heartbeat_at > clock_timestamp() - interval '30 seconds'
    -- pg_net takes its next calls when the last ones are answered, so a call may wait in its queue for long.
    else called_at > clock_timestamp() - interval '5 seconds'
      or exists (select from net.http_request_queue q where q.id = r.request_id) end;
comment on view pipeline_internal.live_runs is
  'Runs that count against max_invocations: called within 5 s, waiting in pg_net''s queue, or begun and with a '
  'recent heartbeat.';

create function pipeline_internal.stage_lock(p_stage text) returns bigint
language plpgsql immutable strict parallel safe set search_path = '' as $$
begin
  return hashtextextended('pipeline_internal.stages:' || p_stage, 0);
end $$;

create function pipeline_internal.wake_token(p_secret text, p_call text) returns text
language plpgsql set search_path = '' as $$
declare
  v_expires bigint := floor(extract(epoch from clock_timestamp()))::bigint + 60;
begin
  return v_expires || '.' || encode(extensions.hmac(v_expires || ':' || p_call, p_secret, 'sha256'), 'hex');
end $$;
comment on function pipeline_internal.wake_token is
  'A token for this one call of the worker, valid for a minute. Every role of this database can read pg_net''s '
  'queue, so no call carries the secret itself.';

create function pipeline_internal.call_worker(p_call text, p_function text default 'worker') returns bigint
language plpgsql set search_path = '' as $$
declare
  v_settings jsonb := (
    select jsonb_object_agg(name, decrypted_secret) from vault.decrypted_secrets
    where name in ('pipeline_functions_url', 'pipeline_worker_secret'));
begin
  if v_settings ->> 'pipeline_functions_url' is null then
    raise warning 'work waits in %: the Vault secret pipeline_functions_url is not set', p_call;
    return null;
  end if;

  return net.http_post(
    url := v_settings ->> 'pipeline_functions_url' || '/' || p_function || '/' || p_call,
    headers := jsonb_build_object(
      'content-type', 'application/json',
      'authorization', 'Bearer ' || pipeline_internal.wake_token(
        coalesce(v_settings ->> 'pipeline_worker_secret', ''),
        case p_function when 'worker' then p_call else p_function || '/' || p_call end)),
    -- The worker answers at once. A call without an answer delays every other call.
    timeout_milliseconds := 2000);
end $$;
comment on function pipeline_internal.call_worker is
  'Calls a route of the function `worker` or `isolation` once this transaction commits. Vault holds its URL and '
  'secret. Returns pg_net''s request id; null if the URL is not set.';

create function pipeline_internal.wake(p_stage text) returns uuid
language plpgsql set search_path = '' as $$
declare
  v_run_id uuid := gen_random_uuid();
  v_request_id bigint;
begin
  -- Held until commit, so that end_run sees the messages of this transaction.
  perform pg_advisory_xact_lock_shared(pipeline_internal.stage_lock(p_stage));

  if (select count(*) from pipeline_internal.live_runs where stage = p_stage)
     >= (select max_invocations from pipeline_internal.stages where stage = p_stage)
     or not pipeline_internal.may_claim(p_stage) then
    return null;
  end if;

  v_request_id := pipeline_internal.call_worker(p_stage || '?run_id=' || v_run_id);
  if v_request_id is null then
    return null;
  end if;
  insert into pipeline_internal.worker_runs (run_id, stage, request_id) values (v_run_id, p_stage, v_request_id);
  return v_run_id;
end $$;
comment on function pipeline_internal.wake is
  'Calls the stage''s function once this transaction commits and returns the new run. Null, and nothing done, if '
  'max_invocations run already or no message may be claimed.';

create function pipeline_internal.begin_run(p_stage text, p_run_id uuid, p_nowait boolean default false)
returns table (slots smallint, lease_seconds real)
language plpgsql set search_path = '' as $$
#variable_conflict use_column
declare
  v_stage pipeline_internal.stages;
  v_running int;
begin
  select * into strict v_stage from pipeline_internal.stages where stage = p_stage;
  if not pg_try_advisory_xact_lock(pipeline_internal.stage_lock(p_stage)) then
    if p_nowait then return; end if;
    perform pg_advisory_xact_lock(pipeline_internal.stage_lock(p_stage));
  end if;
  select count(*) into v_running from pipeline_internal.live_runs where stage = p_stage and started_at is not null;

  if v_running >= v_stage.max_invocations then
    update pipeline_internal.worker_runs set ended_at = clock_timestamp(), ended_by = 'refused'
    where run_id = p_run_id and started_at is null;
    return;
  end if;

  insert into pipeline_internal.worker_runs as r (run_id, stage, started_at, heartbeat_at)
  values (p_run_id, p_stage, clock_timestamp(), clock_timestamp())
  on conflict (run_id) do update
    set started_at = excluded.started_at, heartbeat_at = excluded.heartbeat_at
    where r.started_at is null and r.ended_at is null;
  if found then
    return query select v_stage.slots, v_stage.lease_seconds;
  end if;
end $$;
comment on function pipeline_internal.begin_run is
  'Begins a run, never more than max_invocations at once, and returns its slots and lease. No row: enough are '
  'running, this run began already, or p_nowait and another transaction holds the stage''s lock; the run must do '
  'nothing.';

create function pipeline_internal.start_run(p_stage text, p_run_id uuid)
returns table (slots smallint, lease_seconds real, attempts pipeline_internal.attempt[])
language plpgsql set search_path = ''
set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
begin
  -- Messages before the stage's lock: the order in which enqueue takes them.
  attempts := array(
    select c
    from pipeline_internal.stages s
    cross join lateral pipeline_internal.claim(p_stage, s.slots, p_run_id, p_strict => true) c
    where s.stage = p_stage);
  select b.slots, b.lease_seconds into strict slots, lease_seconds
  from pipeline_internal.begin_run(p_stage, p_run_id) b;
  return next;
exception when no_data_found then
  -- The claim is undone: a message cannot be claimed, or the run is refused, which begin_run then records.
  return query
    select b.slots, b.lease_seconds, null::pipeline_internal.attempt[]
    from pipeline_internal.begin_run(p_stage, p_run_id) b;
end $$;
comment on function pipeline_internal.start_run is
  'begin_run and the first claim in one round trip. attempts: null if the run has to claim itself. No row: the run '
  'must do nothing.';

create function pipeline_internal.has_work(p_stage text) returns boolean
language plpgsql set search_path = '' as $$
begin
  return exists (select from pipeline_internal.due_message(p_stage)) and pipeline_internal.may_claim(p_stage);
end $$;
comment on function pipeline_internal.has_work is
  'Whether a message is due that a worker may claim.';

create function pipeline_internal.end_run(
  p_stage text, p_run_id uuid, p_reason text, p_settled_count int, p_nowait boolean default false
) returns boolean
language plpgsql set search_path = ''
set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare
  v_has_work boolean;
begin
  -- Waits for the transactions that woke no run because this one runs.
  if not pg_try_advisory_xact_lock(pipeline_internal.stage_lock(p_stage)) then
    if p_nowait then return false; end if;
    perform pg_advisory_xact_lock(pipeline_internal.stage_lock(p_stage));
  end if;
  v_has_work := pipeline_internal.has_work(p_stage);
  if v_has_work and p_reason = 'drained' then return false; end if;

  update pipeline_internal.worker_runs
  set ended_at = clock_timestamp(), ended_by = p_reason, settled_count = p_settled_count
  where run_id = p_run_id and ended_at is null;

  if v_has_work then
    perform pipeline_internal.wake(p_stage);
  end if;
  return true;
end $$;
comment on function pipeline_internal.end_run is
  'Ends a run. False, and nothing done: the run is drained but a message has become due, so it continues; or '
  'p_nowait and another transaction holds the stage''s lock. A run that ends with messages due wakes the next run.';

create function pipeline_internal.pause_stage(p_stage text, p_reason text) returns boolean
language plpgsql set search_path = '' as $$
begin
  update pipeline_internal.stages
  set paused_at = coalesce(paused_at, clock_timestamp()), paused_because = p_reason
  where stage = p_stage;
  return found;
end $$;
comment on function pipeline_internal.pause_stage is
  'Pauses a stage: running attempts finish, but no message is claimed and no run is called until resume_stage. '
  'False: no such stage.';

create function pipeline_internal.resume_stage(p_stage text) returns boolean
language plpgsql set search_path = '' as $$
begin
  update pipeline_internal.stages set paused_at = null, paused_because = null
  where stage = p_stage and paused_at is not null;
  if not found then return false; end if;
  if pipeline_internal.has_work(p_stage) then
    perform pipeline_internal.wake(p_stage);
  end if;
  return true;
end $$;
comment on function pipeline_internal.resume_stage is
  'Ends a pause and wakes the stage if a message is due. False: the stage was not paused.';
