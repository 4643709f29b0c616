-- Nothing polls an idle system. Whoever enqueues wakes the stage's function through pg_net; an invocation works until
-- the queue is empty. The sweeper (see schedules) wakes what a lost request left asleep.
--
-- What every hand-off calls is plpgsql even where it is a single query: its plans are kept for the session, while a function
-- in SQL that cannot be inlined is planned anew at each call.

create table pipeline_internal.worker_runs (
  run_id uuid primary key default gen_random_uuid(),
  -- One of pipeline_internal.stages. No foreign key: all runs would lock the same few rows.
  stage text not null,
  called_at timestamptz not null default clock_timestamp(),
  -- Of pg_net, which calls. Null: the invocation began itself.
  request_id bigint,
  started_at timestamptz,
  heartbeat_at timestamptz,
  ended_at timestamptz,
  -- Whether it tries suspects, one by one; see losses.
  is_alone boolean not null default false,
  -- How it ended: drained, budget, refused, shutdown, failed, or lost (its heart stopped).
  ended_by text,
  settled_count int not null default 0
);
comment on table pipeline_internal.worker_runs is
  'One row an invocation of a stage''s function, from the call on. Bounds how many run at once.';
create index worker_runs_open_idx on pipeline_internal.worker_runs (stage) where ended_at is null;
create index worker_runs_called_at_idx on pipeline_internal.worker_runs (called_at);
alter table pipeline_internal.worker_runs enable row level security;

create view pipeline_internal.live_runs with (security_invoker = true) as
select * from pipeline_internal.worker_runs r
where ended_at is null and not is_alone
  and case
    when started_at is not null then heartbeat_at > clock_timestamp() - interval '30 seconds'
    -- pg_net answers for a batch of calls before it takes the next: what still waits is not called again.
    else called_at > clock_timestamp() - interval '5 seconds'
      or exists (select from net.http_request_queue q where q.id = r.request_id) end;
comment on view pipeline_internal.live_runs is
  'Invocations that count against the stage''s bound: called a moment ago, waiting to be called, or running with a beating heart.';

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
  'Lets its bearer make this one call of the worker, within a minute. Every role of this database can read the calls that pg_net is to send, so that no call carries the secret itself.';

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
    -- The worker answers at once; one that does not keeps every other call waiting.
    timeout_milliseconds := 2000);
end $$;
comment on function pipeline_internal.call_worker is
  'Calls the worker function, or isolation, once this transaction commits: a route of its, with its query. Its address and secret come from Vault. Returns pg_net''s number of the request; null: nobody said where the worker is.';

create function pipeline_internal.wake(p_stage text) returns uuid
language plpgsql set search_path = '' as $$
declare
  v_run_id uuid := gen_random_uuid();
  v_request_id bigint;
begin
  -- Held until commit, so that end_run waits for what this transaction enqueues.
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
  'Calls the stage''s function once this transaction commits. Returns the run it asked for, or null without acting when enough are running already or the stage''s provider is not to be asked.';

create function pipeline_internal.begin_run(p_stage text, p_run_id uuid, p_waits boolean default true)
returns table (slots smallint, lease_seconds real)
language plpgsql set search_path = '' as $$
#variable_conflict use_column
declare
  v_stage pipeline_internal.stages;
  v_running int;
begin
  select * into strict v_stage from pipeline_internal.stages where stage = p_stage;
  if not pg_try_advisory_xact_lock(pipeline_internal.stage_lock(p_stage)) then
    if not p_waits then return; end if;
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
  'Admits an invocation, exactly within the stage''s bound, and says how to work. No row: enough are running, this run began already, or p_waits is false and others are at the stage''s door just now; do nothing.';

create function pipeline_internal.start_run(p_stage text, p_run_id uuid)
returns table (slots smallint, lease_seconds real, jobs jsonb)
language plpgsql set search_path = '' as $$
#variable_conflict use_column
begin
  -- Messages before the stage's lock: the order in which whoever enqueues takes them.
  jobs := (
    select coalesce(jsonb_agg(c), '[]')
    from pipeline_internal.stages s
    cross join lateral pipeline_internal.claim(p_stage, s.slots, p_run_id, p_drops => false) c
    where s.stage = p_stage);
  select b.slots, b.lease_seconds into strict slots, lease_seconds
  from pipeline_internal.begin_run(p_stage, p_run_id) b;
  return next;
exception when no_data_found then
  -- Nothing was claimed. To be refused again is written down; to be admitted now is as good.
  return query
    select b.slots, b.lease_seconds, null::jsonb from pipeline_internal.begin_run(p_stage, p_run_id) b;
end $$;
comment on function pipeline_internal.start_run is
  'begin_run and the first claim in one round trip. jobs: as claim returns them; null: look for yourself. No row: do nothing.';

create function pipeline_internal.has_work(p_stage text) returns boolean
language plpgsql set search_path = '' as $$
begin
  return exists (select from pipeline_internal.due_message(p_stage)) and pipeline_internal.may_claim(p_stage);
end $$;
comment on function pipeline_internal.has_work is
  'Whether a message is due that the stage''s provider would let a worker claim.';

create function pipeline_internal.end_run(
  p_stage text, p_run_id uuid, p_reason text, p_settled_count int, p_waits boolean default true
) returns boolean
language plpgsql set search_path = '' as $$
declare
  v_has_work boolean;
begin
  -- Not before every open transaction has ended that counted on this run when it decided not to wake another.
  if not pg_try_advisory_xact_lock(pipeline_internal.stage_lock(p_stage)) then
    if not p_waits then return false; end if;
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
  'Ends an invocation. False: work arrived meanwhile, so go on; or p_waits is false and others are at the stage''s door just now. A run that stops with work left wakes its successor.';

create function pipeline_internal.pause_stage(p_stage text, p_reason text) returns boolean
language plpgsql set search_path = '' as $$
begin
  update pipeline_internal.stages
  set paused_at = coalesce(paused_at, clock_timestamp()), paused_because = p_reason
  where stage = p_stage;
  return found;
end $$;
comment on function pipeline_internal.pause_stage is
  'An operator holds the stage back: what is in work is finished, nothing more is claimed and nobody is called, until resume_stage. False: there is no such stage.';

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
  'Ends a pause and wakes the stage if work is due. False: it was not paused.';
